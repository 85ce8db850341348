/** What all requests of one route have in common: written and checked once. */
export class PreparedRequest {
  readonly method: string;
  readonly target: string;
  /** From the request line to the last field that goes with every request. */
  readonly head: string;
  /** Fields that go with every request and that a single one cannot set. */
  readonly names: ReadonlySet<string>;
  /** A request without a body says so: RFC 9110, section 8.6, for methods that usually have one. */
  readonly announcesNoBody: boolean;

  /** Names of headers are in lower case. Throws `TypeError` for what cannot be sent. */
  constructor(method: string, target: string, authority: string, headers: Readonly<Record<string, string>>) {
    if (!token.test(method) || method === "CONNECT") throw new TypeError(`${JSON.stringify(method)} is no method`);
    if (!targetForm.test(target)) throw new TypeError(`${JSON.stringify(target)} is no path of a request`);
    this.method = method;
    this.target = target;
    const names = new Set(["host", "connection", "content-length", "transfer-encoding"]);
    let head = `${method} ${target} HTTP/1.1\r\nhost: ${checkedValue("host", authority)}\r\nconnection: keep-alive\r\n`;
    for (const name in headers) {
      if (names.has(name)) throw new TypeError(`the header ${name} is the connection's`);
      head += fieldLine(name, headers[name]!);
      names.add(name);
    }
    this.head = head;
    this.names = names;
    this.announcesNoBody = !bodiless.has(method);
  }

  /** The whole head of one request. Throws `TypeError` for what cannot be sent. */
  headWith(headers: Readonly<Record<string, string>> | undefined, bodyBytes: number | undefined): string {
    let head = this.head;
    if (headers !== undefined) {
      for (const name in headers) if (!this.names.has(name)) head += fieldLine(name, headers[name]!);
    }
    if (bodyBytes !== undefined) return `${head}content-length: ${bodyBytes}\r\n\r\n`;
    return this.announcesNoBody ? `${head}content-length: 0\r\n\r\n` : `${head}\r\n`;
  }
}

function fieldLine(name: string, value: string): string {
  if (!knownNames.has(name)) {
    if (!lowerToken.test(name)) throw new TypeError(`${JSON.stringify(name)} is no name of a header, in lower case`);
    if (knownNames.size < maxKnownNames) knownNames.add(name);
  }
  return `${name}: ${checkedValue(name, value)}\r\n`;
}

/** Characters beyond latin1 cannot be sent, and a line end would begin a header of its own. */
function checkedValue(name: string, value: string): string {
  if (badValue.test(value)) throw new TypeError(`the value of the header ${name} has characters that it cannot have`);
  return value;
}

/** Names come again and again. */
const knownNames = new Set<string>();
const maxKnownNames = 1000;
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const lowerToken = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const targetForm = /^(?:\/[\x21\x22\x24-\x7e]*|\*)$/;
const badValue = /[^\t\x20-\x7e\x80-\xff]/;
const bodiless = new Set(["GET", "HEAD", "DELETE", "OPTIONS", "TRACE"]);
