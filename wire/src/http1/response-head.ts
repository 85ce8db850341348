import { CR, LF, SPACE, VALUE } from "./characters.ts";
import { cutFields, scanFields } from "./fields.ts";
import { Http1Error } from "./http1-error.ts";
import { MessageHead } from "./message-head.ts";
import { minorVersionAt, VERSION_BYTES } from "./request-head.ts";

export class ResponseHead extends MessageHead {
  /** 100 to 999. Below 200 another head follows. */
  status = 0;
  reason = "";

  /** After all fields. */
  check(): void {
    this.frame();
  }
}

/** Undefined when the head does not end before `to`. Throws `Http1Error` as soon as it cannot become a good one. */
export function parseResponse(bytes: Buffer, from: number, to: number): ResponseHead | undefined {
  if (to - from < VERSION_BYTES + 6) return undefined;
  const minorVersion = minorVersionAt(bytes, from);
  let at = from + VERSION_BYTES;
  if (bytes[at] !== SPACE) throw new Http1Error("no status behind the version");
  const status = digit(bytes[at + 1]!) * 100 + digit(bytes[at + 2]!) * 10 + digit(bytes[at + 3]!);
  if (status < 100) throw new Http1Error("the status is below 100");
  at += 4;
  // Servers leave the reason out, and some the space before it too.
  let reasonFrom = at;
  if (bytes[at] === SPACE) reasonFrom = ++at;
  else if (bytes[at] !== CR) throw new Http1Error("the status has no three digits");
  while (at < to && VALUE[bytes[at]!] === 1) at++;
  const reasonTo = at;
  if (at + 1 >= to) return undefined;
  if (bytes[at] !== CR || bytes[at + 1] !== LF) throw new Http1Error("the first line has a control character");
  const end = scanFields(bytes, at + 2, to);
  if (end < 0) return undefined;

  const text = bytes.toString("latin1", from, end - 2);
  const head = new ResponseHead();
  head.byteCount = end - from;
  head.minorVersion = minorVersion;
  head.status = status;
  head.reason = text.slice(reasonFrom - from, reasonTo - from);
  cutFields(head, text, from);
  head.check();
  return head;
}

function digit(byte: number): number {
  const value = byte - 48;
  if (value < 0 || value > 9) throw new Http1Error("the status has no three digits");
  return value;
}
