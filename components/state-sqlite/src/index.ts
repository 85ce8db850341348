import { bool, defineStateStore, duration, text } from "@trilby/kit";
import { startCleanup } from "./cleanup.ts";
import { readConnectionString } from "./connection-string.ts";
import { openDatabase } from "./database.ts";
import { migrate } from "./migrations.ts";
import { createSqliteStore } from "./store.ts";

export default defineStateStore({
  type: "state.sqlite",
  aliases: ["state.sqlite3"],
  version: "v1",
  status: "stable",
  title: "SQLite",
  description: "Keeps state in an SQLite database: a file, or the memory of the process.",
  urls: [
    {
      title: "Reference",
      url: "https://docs.dapr.io/reference/components-reference/supported-state-stores/setup-sqlite/",
    },
  ],
  placement: "in-process",
  features: ["ETAG", "TRANSACTIONAL", "TTL"],
  metadata: {
    connectionString: text({
      description: "Path of the database file, a `file:` URI, or `:memory:`.",
      example: "data.db",
      required: true,
      aliases: ["url"],
    }),
    tableName: text({ description: "Table of the items. Made when it is not there.", default: "state" }),
    metadataTableName: text({
      description: "Table of the bookkeeping. Made when it is not there.",
      default: "metadata",
    }),
    timeout: duration({
      description: "Longest time of one operation.",
      default: "20s",
      min: "1s",
      aliases: ["timeoutInSeconds"],
    }),
    busyTimeout: duration({
      description: "How long to wait while another process holds the database. 0 or less: not at all.",
      default: "2s",
    }),
    disableWAL: bool({
      description: "Use the rollback journal instead of the write-ahead log, as network disks need it.",
      default: false,
    }),
    cleanupInterval: duration({
      description: "How often expired items are removed. They are invisible before that. 0 or less: never.",
      default: "0",
      aliases: ["cleanupIntervalInSeconds"],
    }),
  },
  check: ({ tableName, metadataTableName }) =>
    Object.entries({ tableName, metadataTableName })
      .filter(([, name]) => !/^[0-9A-Za-z_]+$/.test(name))
      .map(([field]) => `${field} must be letters, digits and underscores`),

  async open(options, { logger }) {
    const location = readConnectionString(options.connectionString);
    const tables = { state: options.tableName, metadata: options.metadataTableName };
    const database = await openDatabase({
      location,
      busyTimeoutMs: Math.min(options.busyTimeout, options.timeout),
      writeAheadLog: !options.disableWAL,
    });
    try {
      await migrate(database, tables, logger);
      const store = createSqliteStore(database, tables);
      if (options.cleanupInterval <= 0 || location.readOnly) return store;

      const cleanup = startCleanup(database, tables, options.cleanupInterval, logger);
      return {
        ...store,
        async close() {
          cleanup.stop();
          await store.close();
        },
      };
    } catch (error) {
      await database.close();
      throw error;
    }
  },
});
