import { AUTHORITY } from "./characters.ts";
import { Http1Error } from "./http1-error.ts";
import { Decisive } from "./known-names.ts";

/** What a request's and a response's head have in common. Names are in lower case, values as they came, one character a byte. */
export abstract class MessageHead {
  /** With the empty line at its end, and the one that may come before. */
  byteCount = 0;
  /** Of HTTP/1. */
  minorVersion = 1;
  /** Field by field, as they came. */
  readonly names: string[] = [];
  readonly values: string[] = [];
  /** -1: not said. Never together with `chunked`. */
  contentLength = -1;
  chunked = false;
  /** The words of `Connection` that matter. */
  saysClose = false;
  saysKeepAlive = false;
  saysUpgrade = false;
  protected codings: string | undefined;
  protected hostCount = 0;

  /** The connection ends with this message, and the answer to it. */
  get closes(): boolean {
    return this.saysClose || (this.minorVersion === 0 && !this.saysKeepAlive);
  }

  /** The value of the first field of that name, or of all where it is a list. */
  header(name: string): string | undefined {
    const first = this.names.indexOf(name);
    if (first < 0) return undefined;
    const value = this.values[first]!;
    const second = this.names.indexOf(name, first + 1);
    return second < 0 || single.has(name) ? value : this.#joined(name, value, second);
  }

  /** All fields, those of one name joined; of `set-cookie` a list. */
  headers(): Record<string, string | string[]> {
    const { names, values } = this;
    const all = Object.create(null) as Record<string, string | string[]>;
    for (let index = 0; index < names.length; index++) {
      const name = names[index]!;
      const value = values[index]!;
      const before = all[name];
      if (name === "set-cookie") (all[name] = (before as string[] | undefined) ?? []).push(value);
      else if (before === undefined) all[name] = value;
      else if (!single.has(name)) all[name] = `${before as string}${separator(name)}${value}`;
    }
    return all;
  }

  remove(name: string): void {
    const { names, values } = this;
    for (let index = names.indexOf(name); index >= 0; index = names.indexOf(name, index)) {
      names.splice(index, 1);
      values.splice(index, 1);
    }
  }

  /** A field that decides how the message is read, by the number of its name. */
  decide(name: number, value: string): void {
    if (name === Decisive.HOST) {
      this.hostCount++;
      checkAuthority(value);
    } else if (name === Decisive.CONTENT_LENGTH) {
      if (this.contentLength >= 0) throw new Http1Error("Content-Length is there twice");
      this.contentLength = contentLength(value);
    } else if (name === Decisive.TRANSFER_ENCODING) {
      this.codings = this.codings === undefined ? value : `${this.codings},${value}`;
    } else if (name === Decisive.CONNECTION) this.#connection(value);
    else this.expects(value);
  }

  protected expects(_value: string): void {}

  /**
   * RFC 9112, section 6.1. A length beside the coding is how requests are smuggled, and so is a coding under another version:
   * refused, where the RFC would let us be kinder. `identity` is no coding any more.
   */
  protected frame(): void {
    const { codings } = this;
    if (codings === undefined) return;
    if (this.contentLength >= 0) throw new Http1Error("both Transfer-Encoding and Content-Length");
    if (this.minorVersion === 0) throw new Http1Error("Transfer-Encoding in HTTP/1.0");
    const all = codings.toLowerCase();
    if (all !== "chunked") {
      const list = all.split(",").map((coding) => coding.replace(/^[ \t]+|[ \t]+$/g, ""));
      if (list.pop() !== "chunked") throw new Http1Error("Transfer-Encoding does not end with chunked");
      if (list.includes("chunked") || list.includes(""))
        throw new Http1Error("Transfer-Encoding has chunked twice, or nothing");
      throw new Http1Error("a transfer coding that is not known here", 501);
    }
    this.chunked = true;
  }

  #connection(value: string): void {
    if (value === "keep-alive") this.saysKeepAlive = true;
    else
      for (const word of value.toLowerCase().split(",")) {
        const option = word.trim();
        if (option === "close") this.saysClose = true;
        else if (option === "keep-alive") this.saysKeepAlive = true;
        else if (option === "upgrade") this.saysUpgrade = true;
      }
  }

  #joined(name: string, first: string, second: number): string {
    let all = first;
    for (let index = second; index >= 0; index = this.names.indexOf(name, index + 1))
      all += `${separator(name)}${this.values[index]!}`;
    return all;
  }
}

export function checkAuthority(text: string): void {
  for (let index = 0; index < text.length; index++)
    if (AUTHORITY[text.charCodeAt(index)] !== 1) throw new Http1Error("the host has a character that may not be there");
}

/** Digits alone: no sign, no list, no more than a number holds exactly. */
function contentLength(value: string): number {
  if (value === "" || value.length > 16) throw new Http1Error("Content-Length is no number");
  let length = 0;
  for (let index = 0; index < value.length; index++) {
    const digit = value.charCodeAt(index) - 48;
    if (digit < 0 || digit > 9) throw new Http1Error("Content-Length is no number");
    length = length * 10 + digit;
  }
  if (length > Number.MAX_SAFE_INTEGER) throw new Http1Error("Content-Length is no number");
  return length;
}

function separator(name: string): string {
  return name === "cookie" ? "; " : ", ";
}

/** Fields that are no lists: the first one counts, as with Node. */
const single = new Set(
  (
    "age authorization content-length content-type etag expires from host if-modified-since if-unmodified-since last-modified " +
    "location max-forwards proxy-authorization referer retry-after server user-agent"
  ).split(" "),
);
