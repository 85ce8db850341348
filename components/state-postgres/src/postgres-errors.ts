import { ComponentError, type ErrorCode } from "@trilby/kit";

/** By SQLSTATE, or by its class: the first two characters. */
const states: Record<string, ErrorCode> = {
  "08": "unavailable",
  "28": "unauthenticated",
  "40": "unavailable",
  "53": "resource-exhausted",
  "57": "unavailable",
  "22021": "invalid-argument",
  "25006": "failed-precondition",
  "3D000": "failed-precondition",
  "42501": "permission-denied",
  "54000": "invalid-argument",
  "57014": "deadline-exceeded",
};

/** Any error of the driver or the server as one of the contract. Those that are one already stay as they are. */
export function postgresError(error: unknown): ComponentError {
  if (ComponentError.is(error)) return error;
  const { message } = error instanceof Error ? error : new Error(String(error));
  const state = sqlState(error);
  if (state !== undefined) {
    const code = states[state] ?? states[state.slice(0, 2)] ?? "internal";
    return new ComponentError(code, `PostgreSQL: ${message} (SQLSTATE ${state})`, { cause: error });
  }
  if (/read timeout|timeout exceeded/i.test(message)) {
    return new ComponentError("deadline-exceeded", `PostgreSQL did not answer within timeout: ${message}`, {
      cause: error,
    });
  }
  return new ComponentError("unavailable", `PostgreSQL cannot be reached: ${message || sourceOf(error)}`, {
    cause: error,
  });
}

/** The five characters of an error that the server sent. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) && "severity" in (error as object) ? code : undefined;
}

/** Several addresses that failed make an AggregateError without words of its own. */
function sourceOf(error: unknown): string {
  return error instanceof AggregateError
    ? error.errors.map((each) => (each as Error).message).join(", ")
    : String(error);
}
