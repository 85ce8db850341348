import { ComponentError } from "@trilby/kit";

export interface Location {
  /** What SQLite opens: a path, `:memory:` or a `file:` URI. */
  readonly uri: string;
  readonly inMemory: boolean;
  readonly readOnly: boolean;
  /** Further settings of the connection, each as SQL takes it after PRAGMA. */
  readonly pragmas: readonly string[];
  /** How transactions begin. */
  readonly lock: "DEFERRED" | "IMMEDIATE" | "EXCLUSIVE";
}

/**
 * Reads a path, a `file:` URI or `:memory:`. Parameters whose names begin with an underscore are for the driver and not
 * for SQLite: `_txlock` and `_pragma` are honoured, others have no meaning here.
 */
export function readConnectionString(connectionString: string): Location {
  const question = connectionString.indexOf("?");
  const base = question > 0 ? connectionString.slice(0, question) : connectionString;
  const parameters = new URLSearchParams(question > 0 ? connectionString.slice(question + 1) : "");
  const driver = takeDriverParameters(parameters);
  const mode = parameters.get("mode");

  return {
    uri: toUri(base, parameters),
    inMemory: /^(file:)?:memory:/i.test(base) || mode === "memory",
    readOnly: mode === "ro" || parameters.get("immutable") === "1",
    pragmas: driver.getAll("_pragma").map(readPragma),
    lock: readLock(driver.get("_txlock") ?? "immediate"),
  };
}

function takeDriverParameters(parameters: URLSearchParams): URLSearchParams {
  const driver = new URLSearchParams();
  for (const [name, value] of Array.from(parameters)) {
    if (!name.startsWith("_")) continue;
    driver.append(name, value);
    parameters.delete(name);
  }
  return driver;
}

function toUri(base: string, parameters: URLSearchParams): string {
  if (base.toLowerCase() === ":memory:" && parameters.size === 0) return ":memory:";
  const query = parameters.size > 0 ? `?${parameters.toString()}` : "";
  return /^file:/i.test(base) ? `file:${base.slice(5)}${query}` : `file:${base}${query}`;
}

const ownPragmas = new Map([
  ["busy_timeout", "use the field busyTimeout"],
  ["journal_mode", "use the field disableWAL"],
  ["foreign_keys", "it has no effect here"],
]);

function readPragma(text: string): string {
  const match = /^([a-z_]+)(?:\(([\w-]+)\)|=([\w-]+))$/i.exec(text.trim());
  const name = match?.[1]?.toLowerCase();
  if (!match || !name) throw invalid(`connectionString: _pragma=${text} is not of the form name(value)`);
  const advice = ownPragmas.get(name);
  if (advice) throw invalid(`connectionString: _pragma=${name} cannot be set by hand; ${advice}`);
  return `${name} = ${match[2] ?? match[3]}`;
}

function readLock(text: string): Location["lock"] {
  const lock = text.toUpperCase();
  if (lock === "DEFERRED" || lock === "IMMEDIATE" || lock === "EXCLUSIVE") return lock;
  throw invalid(`connectionString: _txlock must be deferred, immediate or exclusive, but is ${text}`);
}

function invalid(message: string): ComponentError {
  return new ComponentError("invalid-metadata", message);
}
