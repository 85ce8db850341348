/**
 * Why a request has no answer. `unreachable`: no connection; `broken`: the connection ended before the answer did; `malformed`: what came
 * is not HTTP/1.1; `too-large`: the answer exceeds a limit of ours; `timeout`: not whole in time; `cancelled`: by its signal;
 * `overloaded`: not sent, too many wait for a connection; `closed`: the client was closed.
 */
export type Http1CallErrorCode =
  | "unreachable"
  | "broken"
  | "malformed"
  | "too-large"
  | "timeout"
  | "cancelled"
  | "overloaded"
  | "closed";

/** A request that has no answer. */
export class Http1CallError extends Error {
  readonly code: Http1CallErrorCode;
  /** The head of the answer came, so that the peer has at least begun with the request. */
  readonly answerBegan: boolean;

  constructor(code: Http1CallErrorCode, message: string, options: { cause?: unknown; answerBegan?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "Http1CallError";
    this.code = code;
    this.answerBegan = options.answerBegan ?? false;
  }
}
