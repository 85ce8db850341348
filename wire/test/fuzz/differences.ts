import { Flag, Type } from "../raw/frames.ts";
import type { Harm } from "./conversation.ts";
import type { Verdict } from "./verdict.ts";

export interface Case {
  readonly harm: Harm;
  /** As it would have been, and as it was sent. */
  readonly right: Buffer;
  readonly sent: Buffer;
  readonly ours: Verdict;
  readonly theirs: Verdict;
}

/** The same: the connection failed at both; else the same streams were reset, and the others got the same answers. */
export function agree({ ours, theirs }: Case): boolean {
  if (ours.connection !== theirs.connection) return false;
  return ours.connection === "error" || (sameStreams(ours, theirs) && ours.waits === theirs.waits);
}

/** Why both may be right where node:http2 (nghttp2) says something else; undefined for a difference that nobody has looked at. */
export function explanation(each: Case): string | undefined {
  return Object.entries(differences).find(([, holds]) => holds(each))?.[0];
}

const differences: Record<string, (each: Case) => boolean> = {
  "the bytes end within a frame: nghttp2 judges what it has, we the whole frame": ({ ours, theirs }) =>
    ours.waits || theirs.waits,
  "a priority of a wrong size, or of a stream that depends on itself, is a stream error (RFC 9113, section 6.3): nghttp2 ends the connection, or lets it pass":
    ({ sent, ours, theirs }) =>
      (sent[3] === Type.PRIORITY || (isHeaders(sent) && (sent[4]! & Flag.PRIORITY) !== 0)) &&
      (ours.connection === "error") !== (theirs.connection === "error"),
  "a malformed field makes the request malformed (section 8.1.1): nghttp2 leaves the field out": ({
    sent,
    ours,
    theirs,
  }) => isHeaders(sent) && theirs.connection === "open" && resetAlone(ours, theirs, 1),
  "nghttp2 allows fewer characters in :authority": ({ sent, ours, theirs }) =>
    isHeaders(sent) && ours.connection === "open" && resetAlone(theirs, ours, 1),
  "control characters but NUL, LF and CR may stand in a value (section 8.2.1): nghttp2 leaves the field out": ({
    sent,
    ours,
    theirs,
  }) => isHeaders(sent) && !sameStreams(ours, theirs) && sameStreams(ours, theirs, / undefined$/),
  "a request is answered as soon as it has ended, so a reset behind it comes too late: node:http2 answers later": ({
    sent,
    ours,
    theirs,
  }) => sent[3] === Type.RST_STREAM && sameStreams(ours, theirs, /^$/),
  "a frame on a stream that the peer itself has reset is a stream error STREAM_CLOSED (section 5.1): nghttp2 ignores it":
    ({ sent, ours, theirs }) =>
      (isHeaders(sent) || sent[3] === Type.DATA) && theirs.connection === "open" && resetAlone(ours, theirs, 5),
  "a client that says GOAWAY may go on (section 6.8): node:http2 leaves": ({ sent, ours }) =>
    sent[3] === Type.GOAWAY && ours.connection === "open",
  "an acknowledgement of a PING or SETTINGS that was never sent is nothing: node:http2 hangs up": ({ sent, ours }) =>
    (sent[3] === Type.PING || sent[3] === Type.SETTINGS) && (sent[4]! & Flag.ACK) !== 0 && ours.connection === "open",
};

function isHeaders(sent: Buffer): boolean {
  return sent[3] === Type.HEADERS || sent[3] === Type.CONTINUATION;
}

/** Whether `one` resets a stream with the code that `other` does not, and else both say the same. */
function resetAlone(one: Verdict, other: Verdict, code: number): boolean {
  const more = Object.entries(one.resets).filter(([stream]) => !Object.hasOwn(other.resets, stream));
  return (
    more.length === 1 &&
    more[0]![1] === code &&
    Object.keys(other.resets).every((stream) => Object.hasOwn(one.resets, stream))
  );
}

/** Answers of theirs that `but` takes, or that are not there while it takes the empty one, are not looked at. */
function sameStreams(ours: Verdict, theirs: Verdict, but?: RegExp): boolean {
  const reset = Object.keys(ours.resets);
  if (reset.join() !== Object.keys(theirs.resets).join()) return false;
  const streams = new Set([...Object.keys(ours.answers), ...Object.keys(theirs.answers)].map(Number));
  for (const stream of streams) {
    // A reset may overtake an answer.
    if (Object.hasOwn(ours.resets, stream)) continue;
    if (ours.answers[stream] !== theirs.answers[stream] && but?.test(theirs.answers[stream] ?? "") !== true)
      return false;
  }
  return true;
}
