import { CR, LF, SLASH, SPACE, TARGET, TOKEN } from "./characters.ts";
import { cutFields, scanFields } from "./fields.ts";
import { Http1Error } from "./http1-error.ts";
import { checkAuthority, MessageHead } from "./message-head.ts";

export class RequestHead extends MessageHead {
  method = "";
  /** As it came: `/path?query`, `http://host/path?query` or `*`. */
  target = "";
  expectsContinue = false;

  protected override expects(value: string): void {
    if (value.toLowerCase() !== "100-continue") throw new Http1Error("an expectation that is not known here", 417);
    // RFC 9110, section 10.1.1.
    this.expectsContinue = this.minorVersion === 1;
  }

  /** After all fields. */
  check(): void {
    this.frame();
    if (this.hostCount > 1) throw new Http1Error("Host is there twice");
    if (this.hostCount === 0 && this.minorVersion === 1) throw new Http1Error("no Host");
    if (this.target.charCodeAt(0) !== SLASH) this.#otherTarget();
  }

  /** RFC 9112, section 3.2: what does not begin with a slash. */
  #otherTarget(): void {
    const { method, target } = this;
    if (target === "*") {
      if (method !== "OPTIONS") throw new Http1Error("a target that only OPTIONS may have");
      return;
    }
    const authority = /^https?:\/\/([^/?#]+)/i.exec(target)?.[1];
    if (authority === undefined) throw new Http1Error("a target that is neither a path nor an address");
    checkAuthority(authority);
    // It counts, whatever Host says (section 3.2.2).
    const host = this.names.indexOf("host");
    if (host >= 0) this.values[host] = authority;
  }
}

/** Undefined when the head does not end before `to`. Throws `Http1Error` as soon as it cannot become a good one. */
export function parseRequest(bytes: Buffer, from: number, to: number): RequestHead | undefined {
  let start = from;
  // Section 2.2: one empty line before is forgiven.
  if (bytes[start] === CR) {
    if (start + 1 >= to) return undefined;
    if (bytes[start + 1] !== LF) throw new Http1Error("a line ends with CR alone");
    start += 2;
  }
  let at = start;
  while (at < to && TOKEN[bytes[at]!] !== 0) at++;
  if (at >= to) return undefined;
  const methodTo = at;
  if (bytes[at] !== SPACE || at === start) throw new Http1Error("the first line does not begin with a method");
  const targetFrom = ++at;
  while (at < to && TARGET[bytes[at]!] === 1) at++;
  if (at >= to) return undefined;
  const targetTo = at;
  if (bytes[at] !== SPACE || at === targetFrom) throw new Http1Error("the first line has no target and version");
  if (to - at < VERSION_AND_END_BYTES) return undefined;
  const minorVersion = minorVersionAt(bytes, ++at);
  at += VERSION_BYTES;
  if (bytes[at] !== CR || bytes[at + 1] !== LF) throw new Http1Error("the first line does not end behind the version");
  const end = scanFields(bytes, at + 2, to);
  if (end < 0) return undefined;

  const text = bytes.toString("latin1", start, end - 2);
  const head = new RequestHead();
  head.byteCount = end - from;
  head.minorVersion = minorVersion;
  head.method = methodOf(text, methodTo - start);
  head.target = text.slice(targetFrom - start, targetTo - start);
  cutFields(head, text, start);
  head.check();
  return head;
}

/** HTTP/1.0 or 1.1. Others are answered with 400, as Node's server does and ours always did, where the RFC has 505. */
export function minorVersionAt(bytes: Uint8Array, at: number): number {
  for (let index = 0; index < VERSION_BYTES - 1; index++)
    if (bytes[at + index] !== version[index]) throw new Http1Error("the version is not HTTP/1.1 or HTTP/1.0");
  const minor = bytes[at + VERSION_BYTES - 1]! - 48;
  if (minor !== 0 && minor !== 1) throw new Http1Error("the version is not HTTP/1.1 or HTTP/1.0");
  return minor;
}

const version = Buffer.from("HTTP/1.");
export const VERSION_BYTES = 8;
/** A space, the version and the line's end. */
const VERSION_AND_END_BYTES = 1 + VERSION_BYTES + 2;

const methods = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"];

function methodOf(text: string, length: number): string {
  for (let index = 0; index < methods.length; index++) {
    const method = methods[index]!;
    if (method.length === length && text.startsWith(method)) return method;
  }
  const method = text.slice(0, length);
  // No proxy: no tunnels.
  if (method === "CONNECT") throw new Http1Error("CONNECT is not served here", 501);
  // RFC 9113, section 11.6: kept free for the beginning of HTTP/2.
  if (method === "PRI") throw new Http1Error("PRI is no method of HTTP/1.1");
  return method;
}
