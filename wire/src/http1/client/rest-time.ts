import type { ResponseHead } from "../response-head.ts";

/**
 * How long the connection may wait for the next request, by what the peer said in `Keep-Alive: timeout=5`: a little shorter, so that
 * no request meets the end of the connection. Infinity: it said nothing; 0: it waits for none.
 */
export function restTimeMs(head: ResponseHead): number {
  const said = head.header("keep-alive");
  if (said === undefined) return Infinity;
  if (said !== lastSaid) {
    lastSaid = said;
    const seconds = /(?:^|[,\s])timeout=(\d{1,9})/i.exec(said)?.[1];
    lastMs = seconds === undefined ? Infinity : Number(seconds) * 1000 - Math.min(1000, Number(seconds) * 500);
  }
  return lastMs;
}

/** Nearly always the same. */
let lastSaid = "";
let lastMs = Infinity;
