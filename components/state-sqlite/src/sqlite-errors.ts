import { ComponentError, type ErrorCode } from "@trilby/kit";

interface SqliteError extends Error {
  /** SQLite's extended result code; the low byte is the primary one. */
  errcode: number;
}

const busy = 5;
const locked = 6;

const meanings = new Map<number, readonly [code: ErrorCode, message: string]>([
  [busy, ["unavailable", "The database is locked by another process, for longer than busyTimeout"]],
  [locked, ["unavailable", "The table is locked by another connection, for longer than busyTimeout"]],
  [8, ["failed-precondition", "The database is read-only"]],
  [10, ["unavailable", "The database file cannot be read or written"]],
  [13, ["resource-exhausted", "The disk is full"]],
  [14, ["unavailable", "The database file cannot be opened"]],
  [18, ["invalid-argument", "The value is larger than SQLite can keep"]],
]);

export function isBusy(error: unknown): boolean {
  if (!isSqliteError(error)) return false;
  const primary = error.errcode & 0xff;
  return primary === busy || primary === locked;
}

/** Errors of SQLite by the names of the contract; others as they are. */
export function translate(error: unknown): unknown {
  if (!isSqliteError(error)) return error;
  const meaning = meanings.get(error.errcode & 0xff);
  if (!meaning) return new ComponentError("internal", `SQLite: ${error.message}`, { cause: error });
  const [code, message] = meaning;
  return new ComponentError(code, `${message} (SQLite: ${error.message})`, { cause: error });
}

function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number";
}
