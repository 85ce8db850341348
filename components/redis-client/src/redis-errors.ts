import { ComponentError, type ErrorCode } from "@trilby/kit";

/** The first word of an error that the server sends. */
const replies: Record<string, ErrorCode> = {
  NOAUTH: "unauthenticated",
  WRONGPASS: "unauthenticated",
  NOPERM: "permission-denied",
  OOM: "resource-exhausted",
  READONLY: "unavailable",
  LOADING: "unavailable",
  MASTERDOWN: "unavailable",
  CLUSTERDOWN: "unavailable",
  TRYAGAIN: "unavailable",
  BUSY: "unavailable",
  MISCONF: "unavailable",
  NOREPLICAS: "unavailable",
  EXECABORT: "internal",
  WRONGTYPE: "failed-precondition",
};

/** Any error of the client or the server as one of the contract. Those that are one already stay as they are. */
export function redisError(error: unknown): ComponentError {
  if (ComponentError.is(error)) return error;
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (name === "ReplyError") return new ComponentError(replyCode(message), `Redis: ${message}`, { cause: error });
  if (message === "Command timed out") {
    return new ComponentError("deadline-exceeded", "Redis did not answer within readTimeout", { cause: error });
  }
  const reason = name === "MaxRetriesPerRequestError" ? "redisMaxRetries attempts to connect have failed" : message;
  return new ComponentError("unavailable", `Redis cannot be reached: ${reason}`, { cause: error });
}

/** Whether the server answered, with an error that begins with this word. */
export function isReply(error: unknown, word: string): boolean {
  return error instanceof Error && error.name === "ReplyError" && error.message.startsWith(word);
}

function replyCode(message: string): ErrorCode {
  return replies[message.slice(0, message.indexOf(" ") >>> 0)] ?? "internal";
}
