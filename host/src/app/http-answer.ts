import { AppError } from "./app-error.ts";
import type { AppResponse } from "./channel.ts";
import type { HttpClientRequest } from "./http-client.ts";

/** Gathers one answer and settles its promise exactly once, whatever comes first: the end, an error, the time or the caller. */
export interface Answer {
  head(status: number, headers: AppResponse["headers"]): void;
  data(chunk: Buffer): void;
  end(): void;
  fail(error: AppError): void;
  /** Lets go without settling, so that another attempt can. False when already settled, or when an answer had begun. */
  release(): boolean;
}

export function createAnswer(
  request: HttpClientRequest,
  maxBytes: number,
  resolve: (response: AppResponse) => void,
  reject: (error: AppError) => void,
  abort: () => void,
): Answer {
  let settled = false;
  let status = 0;
  let headers: AppResponse["headers"] = {};
  let first: Buffer | undefined;
  let more: Buffer[] | undefined;
  let bytes = 0;

  const settle = (): boolean => {
    if (settled) return false;
    settled = true;
    if (timer !== undefined) clearTimeout(timer);
    request.signal?.removeEventListener("abort", cancel);
    return true;
  };
  const fail = (error: AppError): void => {
    if (settle()) reject(error);
  };
  const giveUp = (error: AppError): void => {
    fail(error);
    abort();
  };
  const cancel = (): void => giveUp(new AppError("cancelled", "the call was cancelled", request.signal?.reason));
  const timer =
    request.timeoutMs === undefined
      ? undefined
      : setTimeout(
          () => giveUp(new AppError("timeout", `the app did not answer within ${request.timeoutMs} ms`)),
          request.timeoutMs,
        );
  if (request.signal !== undefined) {
    // Not in this turn: the caller is still setting the request up.
    if (request.signal.aborted) setImmediate(cancel);
    else request.signal.addEventListener("abort", cancel, { once: true });
  }

  return {
    head(newStatus, newHeaders) {
      status = newStatus;
      headers = newHeaders;
    },
    data(chunk) {
      bytes += chunk.length;
      if (maxBytes > 0 && bytes > maxBytes) {
        giveUp(new AppError("bad-answer", `the app's answer is larger than the limit of ${maxBytes} bytes`));
      } else if (first === undefined) first = chunk;
      else (more ??= [first]).push(chunk);
    },
    end() {
      if (settle())
        resolve({ status, headers, body: more === undefined ? (first ?? empty) : Buffer.concat(more, bytes) });
    },
    fail,
    release: () => status === 0 && settle(),
  };
}

const empty = Buffer.alloc(0);
