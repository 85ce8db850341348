import type { QueryArrayConfig } from "pg";
import type { Layout } from "./layout.ts";

export type Statement = Omit<QueryArrayConfig, "values">;
export type Statements = ReturnType<typeof writeStatements>;

/**
 * The SQL of a layout. Parameters: $1 the key, then those of the value, then the seconds to live or null, then the etag.
 * `prepared`: each connection parses a statement once.
 */
export function writeStatements(layout: Layout, prepared: boolean) {
  const { table, etagColumn, expiryColumn, updatedColumn, valueColumns, selected } = layout;
  const ttl = valueColumns.length + 2;
  const expiry = `CURRENT_TIMESTAMP + make_interval(secs => $${ttl})`;
  const live = `(${expiryColumn} IS NULL OR ${expiryColumn} >= CURRENT_TIMESTAMP)`;
  const always = [`${updatedColumn} = CURRENT_TIMESTAMP`, ...(layout.onUpdate ? [layout.onUpdate] : [])];
  const shown = [
    ...selected,
    etagColumn,
    `to_char(${expiryColumn} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`,
  ].join(", ");
  const overwrite = [...valueColumns, expiryColumn].map((column) => `${column} = excluded.${column}`);
  const upsert = `
    INSERT INTO ${table} AS t (key, ${valueColumns.join(", ")}, ${expiryColumn})
    VALUES ($1, ${valueColumns.map((_, index) => `$${index + 2}`).join(", ")}, ${expiry})
    ON CONFLICT (key) DO UPDATE SET ${[...overwrite, ...always].join(", ")}`;
  const replaced = valueColumns.map((column, index) => `${column} = $${index + 2}`);

  const statement = (name: string, text: string): Statement => ({
    text,
    rowMode: "array",
    types: asText,
    ...(prepared && { name: `trilby_${name}` }),
  });
  return {
    find: statement("find", `SELECT ${shown} FROM ${table} WHERE key = $1 AND ${live}`),
    findMany: statement("find_many", `SELECT key, ${shown} FROM ${table} WHERE key = ANY($1::text[]) AND ${live}`),
    upsert: statement("upsert", upsert),
    // An expired row that is still there counts as absent.
    insert: statement("insert", `${upsert} WHERE t.${expiryColumn} < CURRENT_TIMESTAMP`),
    replace: statement(
      "replace",
      `UPDATE ${table} SET ${[...replaced, `${expiryColumn} = ${expiry}`, ...always].join(", ")}
       WHERE key = $1 AND ${etagColumn} = $${ttl + 1} AND ${live}`,
    ),
    remove: statement("remove", `DELETE FROM ${table} WHERE key = $1`),
    removeMatching: statement("remove_matching", `DELETE FROM ${table} WHERE key = $1 AND ${etagColumn} = $2`),
  };
}

/** Every column as the text that the server sends. */
export const asText = { getTypeParser: () => (text: string) => text } as unknown as NonNullable<Statement["types"]>;
