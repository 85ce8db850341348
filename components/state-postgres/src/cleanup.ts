import type { Logger } from "@trilby/kit";
import type { Pool } from "pg";
import type { Layout } from "./layout.ts";
import type { SlowQuery } from "./slow-query.ts";

export interface Cleanup {
  stop(): void;
}

const longestTimerMs = 2 ** 31 - 1;
const longestRunMs = 10 * 60_000;

/** Removes expired rows every now and then. The metadata table keeps the time, so that one process an interval does it. */
export function startCleanup(
  pool: Pool,
  layout: Layout,
  metadataTable: string,
  intervalMs: number,
  logger: Logger,
): Cleanup {
  const timer = setInterval(
    () => {
      removeExpired(pool, layout, metadataTable, intervalMs).then(
        (removed) => removed > 0 && logger.debug(`Removed ${removed} expired items`),
        (error: unknown) => !pool.ending && logger.warn("Expired items could not be removed", { error }),
      );
    },
    Math.min(intervalMs, longestTimerMs),
  ).unref();
  return { stop: () => clearInterval(timer) };
}

/** Resolves to the number of rows that went, 0 when another process was here less than an interval ago. */
async function removeExpired(pool: Pool, layout: Layout, metadataTable: string, intervalMs: number): Promise<number> {
  // Timers are not exact: a tenth of a second early is still this interval's turn.
  const claimed = await pool.query(
    `INSERT INTO ${metadataTable} AS m (key, value) VALUES ($1, now()::text)
     ON CONFLICT (key) DO UPDATE SET value = now()::text
       WHERE extract(epoch FROM now() - m.value::timestamp with time zone) * 1000 > $2`,
    [layout.lastCleanupKey, Math.floor(intervalMs - 100)],
  );
  if (claimed.rowCount === 0) return 0;
  const remove: SlowQuery = {
    text: `DELETE FROM ${layout.table} WHERE ${layout.expiryColumn} < now()`,
    query_timeout: longestRunMs,
  };
  const { rowCount } = await pool.query(remove);
  return rowCount ?? 0;
}
