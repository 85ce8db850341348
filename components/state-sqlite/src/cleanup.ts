import { setImmediate as nextTurn } from "node:timers/promises";
import type { Logger } from "@trilby/kit";
import type { Database } from "./database.ts";
import type { Tables } from "./migrations.ts";

export interface Cleanup {
  stop(): void;
}

const rowsATurn = 1_000;
const longestTimerMs = 2 ** 31 - 1;

/** Removes expired rows every now and then. The metadata table keeps the time, so that one process an interval does it. */
export function startCleanup(database: Database, tables: Tables, intervalMs: number, logger: Logger): Cleanup {
  const timer = setInterval(
    () => {
      removeExpired(database, tables, intervalMs).then(
        (removed) => removed > 0 && logger.debug(`Removed ${removed} expired items`),
        (error: unknown) => database.connection.isOpen && logger.warn("Expired items could not be removed", { error }),
      );
    },
    Math.min(intervalMs, longestTimerMs),
  ).unref();
  return { stop: () => clearInterval(timer) };
}

/** Resolves to the number of rows that went, 0 when another process was here less than an interval ago. */
export async function removeExpired(database: Database, tables: Tables, intervalMs: number): Promise<number> {
  const { connection } = database;
  const claim = connection.prepare(`
    INSERT INTO "${tables.metadata}" (key, value) VALUES ('last-cleanup', CURRENT_TIMESTAMP)
    ON CONFLICT (key) DO UPDATE SET value = CURRENT_TIMESTAMP
      WHERE (unixepoch(CURRENT_TIMESTAMP) - unixepoch(value)) * 1000 > ?`);
  // Timers are not exact: a tenth of a second early is still this interval's turn.
  const { changes: claimed } = await database.whenFree(() => claim.run(intervalMs - 100));
  if (claimed === 0) return 0;

  const remove = connection.prepare(`
    DELETE FROM "${tables.state}" WHERE rowid IN
      (SELECT rowid FROM "${tables.state}" WHERE expiration_time IS NOT NULL AND expiration_time < CURRENT_TIMESTAMP LIMIT ?)`);
  for (let total = 0; ;) {
    const removed = Number((await database.whenFree(() => remove.run(rowsATurn))).changes);
    total += removed;
    if (removed < rowsATurn) return total;
    // Each batch holds the event loop; others get their turn in between.
    await nextTurn();
  }
}
