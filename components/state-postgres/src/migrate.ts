import { setTimeout as sleep } from "node:timers/promises";
import { ComponentError, type Logger } from "@trilby/kit";
import type { Pool, PoolClient } from "pg";
import type { SlowQuery } from "./slow-query.ts";
import { sqlState } from "./postgres-errors.ts";

export interface MigrationPlan {
  readonly table: string;
  readonly metadataTable: string;
  /** Row of the metadata table that keeps the level. */
  readonly levelKey: string;
  /** Each brings the table from its index to the next level. Never changed, only added to; harmless when done twice. */
  readonly steps: readonly ((client: PoolClient, table: string) => Promise<void>)[];
}

const lockTimeoutMs = 60_000;
/** What IF NOT EXISTS says while another process makes the same table: its row, its type or the table is there already. */
const madeByOthers = new Set(["23505", "42710", "42P07"]);

/**
 * Brings the table to the newest level. The metadata table and its rows are those of Dapr's component, and so is the way
 * that several processes take turns: by a lock on the row `lock`. Steps and level change in one transaction.
 */
export async function migrate(pool: Pool, plan: MigrationPlan, logger: Logger): Promise<void> {
  await ensureMetadataTable(pool, plan.metadataTable);
  await pool.query(
    `INSERT INTO ${plan.metadataTable} (key, value) VALUES ('lock', 'lock') ON CONFLICT (key) DO NOTHING`,
  );
  const client = await pool.connect();
  let broken = true;
  try {
    await client.query("BEGIN");
    const lock: SlowQuery = {
      text: `SELECT value FROM ${plan.metadataTable} WHERE key = 'lock' FOR UPDATE`,
      query_timeout: lockTimeoutMs,
    };
    await client.query(lock);
    await climb(client, plan, logger);
    await client.query("COMMIT");
    broken = false;
  } finally {
    // A connection that is closed rolls back.
    client.release(broken);
  }
}

async function climb(
  client: PoolClient,
  { table, metadataTable, levelKey, steps }: MigrationPlan,
  logger: Logger,
): Promise<void> {
  const { rows } = await client.query<{ level: string | null; table: string | null }>(
    `SELECT (SELECT value FROM ${metadataTable} WHERE key = $1) AS level, to_regclass($2)::text AS table`,
    [levelKey, table],
  );
  const row = rows[0]!;
  // Another table name may be new under an old metadata table.
  const level = row.table === null ? 0 : readLevel(row.level ?? "0", metadataTable);
  for (const [index, step] of steps.entries()) {
    if (index < level) continue;
    logger.info(`Bringing the table ${table} to level ${index + 1}`);
    await step(client, table).catch((error: unknown) => {
      throw sqlState(error) === undefinedColumn ? otherTable(table, error) : error;
    });
    await client.query(
      `INSERT INTO ${metadataTable} (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
      [levelKey, String(index + 1)],
    );
  }
}

async function ensureMetadataTable(pool: Pool, table: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await pool.query(`CREATE TABLE IF NOT EXISTS ${table} (key text NOT NULL PRIMARY KEY, value text NOT NULL)`);
      return;
    } catch (error) {
      if (!madeByOthers.has(sqlState(error) ?? "") || attempt === 10) throw error;
      await sleep(20 * attempt);
    }
  }
}

const undefinedColumn = "42703";

function otherTable(table: string, cause: unknown): ComponentError {
  const advice = "Give this component a table name or prefix of its own, or take the version that made the table";
  return new ComponentError("failed-precondition", `There is a table ${table}, but not with these columns. ${advice}`, {
    cause,
  });
}

function readLevel(value: string, table: string): number {
  const level = Number(value);
  if (Number.isInteger(level) && level >= 0) return level;
  throw new ComponentError(
    "failed-precondition",
    `The table ${table} has the level ${JSON.stringify(value)}, which is not a number`,
  );
}
