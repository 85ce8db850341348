import type { Http1Error } from "./http1-error.ts";
import { dateLine } from "./http-date.ts";
import type { RequestHead } from "./request-head.ts";

/**
 * The head of an answer. `headers`: names and values in turn, one character a byte. `length`: of its body, even where it may not come.
 * `isLast`: the connection ends behind it.
 */
export function answerTo(
  { method, minorVersion }: RequestHead,
  status: number,
  headers: readonly string[],
  length: number | undefined,
  isLast: boolean,
): string {
  const isAnnounced = !hasNoBody(status, method) || (length !== undefined && method === "HEAD" && status !== 204);
  const connection = isLast ? CLOSE : minorVersion === 0 ? KEEP_ALIVE : "";
  return responseText(status, headers, isAnnounced ? (length ?? 0) : -1, connection);
}

/** The whole answer to what is no request. */
export function refusalText({ status, message }: Http1Error): string {
  const body = `${status} ${reasonOf(status)}: ${message}\n`;
  return responseText(status, plainText, body.length, CLOSE) + body;
}

/** Whole: the client sends its body. */
export const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";

const plainText = ["Content-Type", "text/plain; charset=utf-8"] as const;

/** `length`: of the body that is announced; below 0: none is. */
function responseText(status: number, headers: readonly string[], length: number, connection: string): string {
  let text = statusLines[status] ?? statusLine(status);
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index]!;
    const value = headers[index + 1]!;
    if (!goodName.test(name) || !goodValue.test(value))
      throw new TypeError(`the header ${JSON.stringify(name)} cannot be sent`);
    text += `${name}: ${value}\r\n`;
  }
  if (length >= 0) text += `Content-Length: ${length}\r\n`;
  return `${text}${dateLine()}${connection}\r\n`;
}

/** To go with any answer. */
const CLOSE = "Connection: close\r\n";
/** HTTP/1.0 has to be told. */
const KEEP_ALIVE = "Connection: keep-alive\r\n";

/** RFC 9110, section 6.4.1: no body, whatever the head says. */
export function hasNoBody(status: number, method: string): boolean {
  return method === "HEAD" || status === 204 || status === 304;
}

const goodName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const goodValue = /^[\t\x20-\x7e\x80-\xff]*$/;

const statusLines: string[] = [];

function statusLine(status: number): string {
  if (!Number.isInteger(status) || status < 200 || status > 999)
    throw new RangeError(`${status} is no status of an answer`);
  return (statusLines[status] = `HTTP/1.1 ${status} ${reasonOf(status)}\r\n`);
}

function reasonOf(status: number): string {
  return reasons[status] ?? "";
}

/** RFC 9110, section 15, and RFC 6585. What is not here goes without words, as the RFC allows. */
const reasons: Readonly<Record<number, string>> = {
  200: "OK",
  201: "Created",
  202: "Accepted",
  203: "Non-Authoritative Information",
  204: "No Content",
  205: "Reset Content",
  206: "Partial Content",
  207: "Multi-Status",
  300: "Multiple Choices",
  301: "Moved Permanently",
  302: "Found",
  303: "See Other",
  304: "Not Modified",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
  400: "Bad Request",
  401: "Unauthorized",
  402: "Payment Required",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  407: "Proxy Authentication Required",
  408: "Request Timeout",
  409: "Conflict",
  410: "Gone",
  411: "Length Required",
  412: "Precondition Failed",
  413: "Payload Too Large",
  414: "URI Too Long",
  415: "Unsupported Media Type",
  416: "Range Not Satisfiable",
  417: "Expectation Failed",
  421: "Misdirected Request",
  422: "Unprocessable Entity",
  423: "Locked",
  424: "Failed Dependency",
  425: "Too Early",
  426: "Upgrade Required",
  428: "Precondition Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  451: "Unavailable For Legal Reasons",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
  507: "Insufficient Storage",
  511: "Network Authentication Required",
};
