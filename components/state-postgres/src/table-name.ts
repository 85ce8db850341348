const part = `(?:[A-Za-z_][A-Za-z0-9_$]*|"[^"\\0]+")`;
const pattern = new RegExp(`^${part}(?:\\.${part})?$`);

/**
 * Whether a table's name may stand in SQL as it is: `name` or `schema.name`. PostgreSQL folds it to lower case, as it does
 * for Dapr, unless it stands in double quotes.
 */
export function isTableName(name: string): boolean {
  return name.length <= 130 && pattern.test(name);
}
