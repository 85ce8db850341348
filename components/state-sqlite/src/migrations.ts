import { ComponentError, type Logger } from "@trilby/kit";
import type { Database } from "./database.ts";

export interface Tables {
  readonly state: string;
  readonly metadata: string;
}

const levelKey = "migrations";

/**
 * Brings the tables to the newest level, which a row of the metadata table keeps: the same row and the same tables as
 * Dapr's component has. One exclusive transaction, so that of several processes one does the work.
 */
export async function migrate(database: Database, tables: Tables, logger: Logger): Promise<void> {
  const { connection } = database;
  if (database.readOnly) {
    requireTable(database, tables.state);
    return;
  }
  await database.exclusively(() => {
    connection.exec(
      `CREATE TABLE IF NOT EXISTS "${tables.metadata}" (key text NOT NULL PRIMARY KEY, value text NOT NULL)`,
    );
    const row = connection.prepare(`SELECT value FROM "${tables.metadata}" WHERE key = ?`).get(levelKey);
    const level = readLevel(row?.["value"] ?? "0");
    for (const [index, migration] of migrations.entries()) {
      if (index < level) continue;
      logger.info(`Bringing the table ${tables.state} to level ${index + 1}`);
      connection.exec(migration(tables));
      connection
        .prepare(`REPLACE INTO "${tables.metadata}" (key, value) VALUES (?, ?)`)
        .run(levelKey, String(index + 1));
    }
  });
}

// Levels are never changed or taken away, only added. The table may be older than the bookkeeping.
const migrations = [
  ({ state }: Tables) => `
    CREATE TABLE IF NOT EXISTS "${state}" (
      key TEXT NOT NULL PRIMARY KEY,
      value TEXT NOT NULL,
      is_binary BOOLEAN NOT NULL,
      etag TEXT NOT NULL,
      expiration_time TIMESTAMP DEFAULT NULL,
      update_time TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
    )`,
];

function readLevel(value: unknown): number {
  const level = Number(value);
  if (Number.isInteger(level) && level >= 0) return level;
  throw new ComponentError(
    "failed-precondition",
    `The metadata table has the level ${JSON.stringify(value)}, which is not a number`,
  );
}

function requireTable({ connection }: Database, name: string): void {
  const found = connection
    .prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE")
    .get(name);
  if (found) return;
  throw new ComponentError("failed-precondition", `The read-only database has no table ${name}`);
}
