import { ComponentError, type ErrorCode } from "@trilby/kit";

/** What the library threw, as the contract's error. The innermost cause tells most. */
export function kafkaError(doing: string, error: unknown): ComponentError {
  if (ComponentError.is(error)) return error;
  const cause = rootCause(error);
  return new ComponentError(codeOf(cause), `${doing}: ${messageOf(cause)}`, { cause: error });
}

/** The broker's name for an error, such as UNKNOWN_TOPIC_OR_PARTITION. */
export function protocolErrorType(error: unknown): string | undefined {
  const { type } = rootCause(error);
  return typeof type === "string" ? type : undefined;
}

/** The broker refused what a record is, not who sent it or when: the others of the same request may be fine. */
export function concernsOneRecord(error: unknown): boolean {
  return ComponentError.is(error) || recordErrors.has(protocolErrorType(error) ?? "");
}

interface LibraryError {
  readonly name?: string;
  readonly message?: string;
  readonly type?: string;
  readonly code?: string | number;
  readonly cause?: unknown;
}

const recordErrors = new Set([
  "MESSAGE_TOO_LARGE",
  "RECORD_LIST_TOO_LARGE",
  "INVALID_TIMESTAMP",
  "INVALID_RECORD",
  "CORRUPT_MESSAGE",
]);

const codes: Readonly<Record<string, ErrorCode>> = {
  INVALID_TOPIC_EXCEPTION: "invalid-argument",
  UNKNOWN_TOPIC_OR_PARTITION: "not-found",
  TOPIC_AUTHORIZATION_FAILED: "permission-denied",
  GROUP_AUTHORIZATION_FAILED: "permission-denied",
  CLUSTER_AUTHORIZATION_FAILED: "permission-denied",
  SASL_AUTHENTICATION_FAILED: "unauthenticated",
  MESSAGE_TOO_LARGE: "resource-exhausted",
  RECORD_LIST_TOO_LARGE: "resource-exhausted",
  INVALID_RECORD: "invalid-argument",
  INVALID_TIMESTAMP: "invalid-argument",
  INVALID_GROUP_ID: "invalid-argument",
  REQUEST_TIMED_OUT: "deadline-exceeded",
};

function codeOf({ name = "", type, code }: LibraryError): ErrorCode {
  const known = codes[type ?? ""];
  if (known !== undefined) return known;
  if (name === "KafkaJSSASLAuthenticationError") return "unauthenticated";
  if (name === "KafkaJSRequestTimeoutError" || code === "ETIMEDOUT") return "deadline-exceeded";
  if (name === "KafkaJSNotImplemented" || name === "KafkaJSServerDoesNotSupportApiKey") return "unimplemented";
  // Everything else that may pass by itself.
  return name.startsWith("KafkaJS") || typeof code === "string" ? "unavailable" : "internal";
}

function messageOf({ message, type }: LibraryError): string {
  const text = message === undefined || message === "" ? "no reason was given" : message;
  return type === undefined ? text : `${text} (${type})`;
}

function rootCause(error: unknown): LibraryError {
  let current = error as LibraryError;
  for (let depth = 0; depth < 10 && typeof current?.cause === "object" && current.cause !== null; depth++) {
    current = current.cause;
  }
  return current ?? {};
}
