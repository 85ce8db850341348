import type { OpenContext, StateStore } from "@trilby/kit";
import type { Pool } from "pg";
import { startCleanup } from "./cleanup.ts";
import type { ConnectionOptions, StoreOptions } from "./fields.ts";
import type { Layout } from "./layout.ts";
import { migrate } from "./migrate.ts";
import { openPool } from "./open-pool.ts";
import { poolConfigs } from "./pool-config.ts";
import { postgresError } from "./postgres-errors.ts";
import { writeStatements } from "./statements.ts";
import { createPostgresStore } from "./store.ts";

export interface OpenedStore {
  readonly store: StateStore;
  readonly pool: Pool;
}

/** Connects, brings the tables up to date and starts the removal of expired items. */
export async function openStore(
  layout: Layout,
  options: ConnectionOptions & StoreOptions,
  { logger }: OpenContext,
): Promise<OpenedStore> {
  const pool = await openPool(poolConfigs(options, options.timeout), logger);
  try {
    const metadataTable = options.metadataTableName;
    await migrate(pool, { ...layout.migrations, table: layout.table, metadataTable }, logger);
    const prepared = options.queryExecMode === "" || options.queryExecMode === "cache_statement";
    const store = createPostgresStore(pool, layout, writeStatements(layout, prepared));
    if (options.cleanupInterval <= 0) return { store, pool };

    const cleanup = startCleanup(pool, layout, metadataTable, options.cleanupInterval, logger);
    const close = async () => {
      cleanup.stop();
      await store.close();
    };
    return { store: { ...store, close }, pool };
  } catch (error) {
    await pool.end();
    throw postgresError(error);
  }
}
