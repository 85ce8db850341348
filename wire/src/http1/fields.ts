import { COLON, CR, LF, SPACE, TAB, TOKEN, VALUE } from "./characters.ts";
import { Http1Error } from "./http1-error.ts";
import { DECISIVE_COUNT, hashStep, KNOWN_NAMES, knownName } from "./known-names.ts";
import type { MessageHead } from "./message-head.ts";

/** In one head or in one set of trailers. */
export const MAX_FIELDS = 1000;

/**
 * Where the field lines that begin at `from` and the empty line behind them end; -1 when that is not before `to`. What they
 * hold is noted until the next call, for `cutFields`.
 */
export function scanFields(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  let place = 0;
  for (;;) {
    if (at >= to) return -1;
    if (bytes[at] === CR) {
      if (at + 1 >= to) return -1;
      if (bytes[at + 1] !== LF) throw new Http1Error("a line ends with CR alone");
      fieldCount = place / PLACES;
      return at + 2;
    }
    const nameFrom = at;
    let hash = 0;
    for (; at < to; at++) {
      const lower = TOKEN[bytes[at]!]!;
      if (lower === 0) break;
      hash = hashStep(hash, lower);
    }
    if (at >= to) return -1;
    if (bytes[at] !== COLON || at === nameFrom) throw new Http1Error(badName(bytes[at]!, at === nameFrom));
    const nameTo = at++;
    while (at < to && (bytes[at] === SPACE || bytes[at] === TAB)) at++;
    const valueFrom = at;
    while (at < to && VALUE[bytes[at]!] === 1) at++;
    if (at + 1 >= to) return -1;
    if (bytes[at] !== CR)
      throw new Http1Error(bytes[at] === LF ? "a line ends with LF alone" : "a field's value has a control character");
    if (bytes[at + 1] !== LF) throw new Http1Error("a line ends with CR alone");
    let valueTo = at;
    while (valueTo > valueFrom && (bytes[valueTo - 1] === SPACE || bytes[valueTo - 1] === TAB)) valueTo--;
    at += 2;
    if (place === places.length) throw new Http1Error(`more than ${MAX_FIELDS} header fields`, 431);
    places[place] = knownName(hash, bytes, nameFrom, nameTo);
    places[place + 1] = nameFrom;
    places[place + 2] = nameTo;
    places[place + 3] = valueFrom;
    places[place + 4] = valueTo;
    place += PLACES;
  }
}

/** Puts what `scanFields` saw into the head; `text` are the bytes from `from` on. */
export function cutFields(head: MessageHead, text: string, from: number): void {
  const { names, values } = head;
  for (let index = 0, place = 0; index < fieldCount; index++, place += PLACES) {
    const known = places[place]!;
    const value = text.slice(places[place + 3]! - from, places[place + 4]! - from);
    names.push(
      known >= 0 ? KNOWN_NAMES[known]! : text.slice(places[place + 1]! - from, places[place + 2]! - from).toLowerCase(),
    );
    values.push(value);
    if (known >= 0 && known < DECISIVE_COUNT) head.decide(known, value);
  }
}

/** Of each field: the number of its name, and where its name and its value begin and end. */
const PLACES = 5;
const places = new Int32Array(MAX_FIELDS * PLACES);
let fieldCount = 0;

function badName(byte: number, empty: boolean): string {
  if (byte === LF) return "a line ends with LF alone";
  if (empty && (byte === SPACE || byte === TAB)) return "a line begins with a space";
  if (byte === SPACE || byte === TAB) return "a space before the colon of a header field";
  return empty && byte === COLON
    ? "a header field without a name"
    : "a header field's name has a character that may not be there";
}
