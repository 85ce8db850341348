import { bool, choice, duration, integer, text, type Options } from "@trilby/kit";
import { readConnectionString } from "./connection-string.ts";
import { isTableName } from "./table-name.ts";

/** The connection fields of PostgreSQL components, by Dapr's names. */
export const connectionFields = {
  connectionString: {
    ...text({
      description: "postgres:// URL, or pairs as libpq takes them. Required unless host is given.",
      example: "host=localhost user=postgres password=example port=5432 database=dapr",
      sensitive: true,
      default: "",
      aliases: ["url"],
    }),
    parse(value: string): string {
      readConnectionString(value);
      return value;
    },
  },
  host: text({
    description: "Host, or the folder of a Unix socket. Wins over connectionString, as do the next six.",
    default: "",
  }),
  hostaddr: text({ description: "Address to connect to; host is then the name that TLS checks.", default: "" }),
  port: integer({ description: "Port.", example: "5432", min: 1, max: 65_535 }),
  database: text({ description: "Name of the database.", default: "" }),
  user: text({ description: "Name of the user.", default: "" }),
  password: text({ description: "Password of the user.", sensitive: true, default: "" }),
  sslRootCert: text({ description: "File with the certificates of authorities to trust.", default: "" }),
  connectionMaxIdleTime: duration({
    description: "How long an idle connection is kept. 0: half an hour.",
    example: "10m",
    default: "0",
  }),
  maxConns: integer({
    description: "Most connections at a time. 0 or 1: four, or one for each processor.",
    default: 0,
  }),
  queryExecMode: choice({
    description: "Whether statements are prepared once for each connection. Poolers may want one of the modes without.",
    allowedValues: ["", "cache_statement", "cache_describe", "describe_exec", "exec", "simple_protocol"],
    default: "",
  }),
  useAzureAD: bool({ description: "Tokens of Azure as passwords. Not supported yet.", default: false }),
  useAWSIAM: bool({ description: "Tokens of AWS as passwords. Not supported yet.", default: false }),
};

export const storeFields = {
  timeout: duration({
    description: "Longest time of one operation.",
    default: "20s",
    min: "1s",
    aliases: ["timeoutInSeconds"],
  }),
  cleanupInterval: duration({
    description: "How often expired items are removed. They are invisible before that. 0 or less: never.",
    default: "1h",
    aliases: ["cleanupIntervalInSeconds"],
  }),
  metadataTableName: text({
    description: "Table of the bookkeeping, with a schema or without. Made when it is not there.",
    default: "dapr_metadata",
  }),
};

export type ConnectionOptions = Options<typeof connectionFields>;
export type StoreOptions = Options<typeof storeFields>;

/** For the `check` of a declaration. `tables`: the tables' names by the field that gives them. */
export function postgresProblems(options: ConnectionOptions, tables: Record<string, string>): string[] {
  const problems: string[] = [];
  if (!options.connectionString && !options.host && !options.hostaddr) {
    problems.push("connectionString is required, unless host is given");
  }
  for (const [field, name] of Object.entries(tables)) {
    if (!isTableName(name)) {
      problems.push(
        `${field} must be a name, or schema.name, of letters, digits and underscores, but gives ${JSON.stringify(name)}`,
      );
    }
  }
  if (options.useAzureAD) problems.push("useAzureAD is not supported yet: use user and password");
  if (options.useAWSIAM) problems.push("useAWSIAM is not supported yet: use user and password");
  return problems;
}
