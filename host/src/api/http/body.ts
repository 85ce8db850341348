import type { Readable } from "node:stream";

import { ApiError } from "../error.ts";
import { noteBody } from "./large-bodies.ts";

const empty = new Uint8Array(0);
/** How much of an over-long body is read and thrown away, so that the client gets to see the answer. */
const drainBytes = 64 * 1024 * 1024;

/**
 * Collects a request's body. One chunk is handed out as it came, several are joined. Rejects with `bodyReadError` when
 * there is more than `limit` (<= 0: none) or the client breaks off.
 */
export function readBody(stream: Readable, limit: number, done: (bytes: number) => void): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let first: Uint8Array | undefined;
    let chunks: Uint8Array[] | undefined;
    let bytes = 0;
    let ended = false;
    stream.on("data", (chunk: Uint8Array) => {
      bytes += chunk.length;
      if (limit > 0 && bytes > limit) {
        first = chunks = undefined;
        reject(bodyReadError("stream too large"));
        if (bytes > limit + drainBytes) stream.destroy();
      } else if (first === undefined) first = chunk;
      else if (chunks === undefined) chunks = [first, chunk];
      else chunks.push(chunk);
    });
    stream.on("end", () => {
      ended = true;
      done(bytes);
      noteBody(bytes);
      resolve(chunks !== undefined ? Buffer.concat(chunks, bytes) : (first ?? empty));
    });
    stream.on("error", () => reject(bodyReadError("unexpected EOF")));
    stream.on("close", () => {
      if (!ended) reject(bodyReadError("unexpected EOF"));
    });
  });
}

/** The words after the colon are `bodyReadReason` for routes with an answer of their own. */
export function bodyReadError(reason: string): ApiError {
  return new ApiError({
    httpStatus: 400,
    grpcCode: 3,
    errorCode: "ERR_BODY_READ",
    message: `failed to read request body: ${reason}`,
    cause: reason,
  });
}

/** Why a body could not be read, when `error` is that. */
export function bodyReadReason(error: unknown): string | undefined {
  return error instanceof ApiError && error.errorCode === "ERR_BODY_READ" && typeof error.cause === "string"
    ? error.cause
    : undefined;
}
