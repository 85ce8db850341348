import { defineStateStore, text } from "@trilby/kit";
import { connectionFields, postgresProblems, storeFields } from "./fields.ts";
import { layoutV1 } from "./layout-v1.ts";
import { layoutV2 } from "./layout-v2.ts";
import { openStore } from "./open-store.ts";
import { queryItems } from "./query.ts";

const common = {
  type: "state.postgresql",
  aliases: ["state.postgres"],
  status: "stable",
  placement: "child",
} as const;

const reference = (page: string) => [
  { title: "Reference", url: `https://docs.dapr.io/reference/components-reference/supported-state-stores/${page}/` },
];

export const postgresqlV1 = defineStateStore({
  ...common,
  version: "v1",
  title: "PostgreSQL v1",
  description: "Keeps state in PostgreSQL as JSON, which can be queried. New applications rather take v2.",
  urls: reference("setup-postgresql-v1"),
  features: ["ETAG", "TRANSACTIONAL", "TTL", "QUERY_API"],
  metadata: {
    ...connectionFields,
    ...storeFields,
    tableName: text({
      description: "Table of the items, with a schema or without. Made when it is not there.",
      default: "state",
    }),
  },
  check: (options) =>
    postgresProblems(options, { tableName: options.tableName, metadataTableName: options.metadataTableName }),
  async open(options, context) {
    const layout = layoutV1(options.tableName);
    const { store, pool } = await openStore(layout, options, context);
    return { ...store, query: (query) => queryItems(pool, layout, query) };
  },
});

export const postgresqlV2 = defineStateStore({
  ...common,
  version: "v2",
  title: "PostgreSQL",
  description: "Keeps state in PostgreSQL as bytes, with random etags.",
  urls: reference("setup-postgresql-v2"),
  features: ["ETAG", "TRANSACTIONAL", "TTL"],
  metadata: {
    ...connectionFields,
    ...storeFields,
    tablePrefix: text({
      description: "What stands before `state` in the name of the table; may begin with a schema and a dot.",
      example: "dapr_",
      default: "",
    }),
  },
  check: (options) =>
    postgresProblems(options, {
      tablePrefix: `${options.tablePrefix}state`,
      metadataTableName: options.metadataTableName,
    }),
  async open(options, context) {
    const { store } = await openStore(layoutV2(options.tablePrefix), options, context);
    return store;
  },
});

export default [postgresqlV1, postgresqlV2];
