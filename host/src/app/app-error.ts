/**
 * Why a call to the application brought no answer:
 * `unhealthy`: not made, the application is not in a healthy state; `overloaded`: not made, too many calls wait;
 * `cancelled`: the caller gave up; `timeout`: no whole answer in time; `unreachable`: no connection, or it broke;
 * `bad-answer`: what came is not an answer, or larger than the limit.
 */
export type AppErrorCode = "unhealthy" | "overloaded" | "cancelled" | "timeout" | "unreachable" | "bad-answer";

/** A call to the application that brought no answer. */
export class AppError extends Error {
  readonly code: AppErrorCode;

  constructor(code: AppErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "AppError";
    this.code = code;
  }
}

/** Dapr's words. */
export function unhealthy(): AppError {
  return new AppError("unhealthy", "app is not in a healthy state");
}
