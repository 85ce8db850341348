import type { HeaderCheck, HeaderField, HeaderList } from "./header-list.ts";

/** What a header list is used as: the rules differ. */
export const HeaderUse = { REQUEST: 0, RESPONSE: 1, TRAILERS: 2 } as const;

/** Equal header blocks come as one list: it is checked once. */
export function checkHeaders(list: HeaderList, use: number): HeaderCheck {
  const known = list.check;
  if (known !== undefined && known.use === use) return known;
  return (list.check = check(list.fields, use));
}

/** RFC 9113, sections 8.2 and 8.3. */
function check(fields: readonly HeaderField[], use: number): HeaderCheck {
  const pseudo: Pseudo = {
    method: undefined,
    scheme: undefined,
    path: undefined,
    authority: undefined,
    status: undefined,
  };
  let regular = false;
  let contentLength = -1;
  let host: string | undefined;
  for (const [name, value] of fields) {
    if (name.charCodeAt(0) === COLON) {
      if (use === HeaderUse.TRAILERS) return malformed(use, `${name} in trailers`);
      if (regular) return malformed(use, `${name} after a regular field`);
      if (!PSEUDO_VALUE.test(value)) return malformed(use, `${name} has a character that may not be there`);
      const problem = takePseudo(pseudo, use, name, value);
      if (problem !== undefined) return malformed(use, problem);
      continue;
    }
    regular = true;
    if (!FIELD_NAME.test(name)) return malformed(use, "a field name has a character that may not be there");
    if (UNSAFE_VALUE.test(value) || hasBlankAtAnEnd(value))
      return malformed(use, `${name} has a character that may not be there`);
    if (CONNECTION_SPECIFIC.has(name)) return malformed(use, `${name} has no place in HTTP/2`);
    if (name === "te" && value !== "trailers") return malformed(use, "te is not trailers");
    if (name === "host") host ??= value;
    if (name === "content-length") {
      if (!DIGITS.test(value)) return malformed(use, "content-length is not a number");
      const length = Number(value);
      if (contentLength >= 0 && contentLength !== length) return malformed(use, "content-length twice");
      contentLength = length;
    }
  }
  if (use === HeaderUse.REQUEST) {
    const problem = requestProblem(pseudo, host);
    if (problem !== undefined) return malformed(use, problem);
  }
  let status = 0;
  if (use === HeaderUse.RESPONSE) {
    const text = pseudo.status;
    if (text === undefined || !STATUS.test(text) || text === "101") return malformed(use, "no :status that is allowed");
    status = Number(text);
  }
  return { use, malformed: undefined, contentLength, status };
}

interface Pseudo {
  method: string | undefined;
  scheme: string | undefined;
  path: string | undefined;
  authority: string | undefined;
  status: string | undefined;
}

/** RFC 9113, section 8.3: those of the message's kind, each once. Gives the problem. */
function takePseudo(pseudo: Pseudo, use: number, name: string, value: string): string | undefined {
  const key = use === HeaderUse.REQUEST ? requestKey(name) : name === ":status" ? "status" : undefined;
  if (key === undefined) return `${name} is not known here`;
  if (pseudo[key] !== undefined) return `${name} twice`;
  pseudo[key] = value;
  return undefined;
}

function requestKey(name: string): keyof Pseudo | undefined {
  switch (name) {
    case ":method":
      return "method";
    case ":scheme":
      return "scheme";
    case ":path":
      return "path";
    case ":authority":
      return "authority";
    default:
      return undefined;
  }
}

function hasBlankAtAnEnd(value: string): boolean {
  const { length } = value;
  return length > 0 && (isBlank(value.charCodeAt(0)) || isBlank(value.charCodeAt(length - 1)));
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

/** RFC 9113, section 8.3.1, and 8.5 for CONNECT. */
function requestProblem(pseudo: Pseudo, host: string | undefined): string | undefined {
  const { method, scheme, path, authority } = pseudo;
  if (method === undefined || method === "") return "no :method";
  if (!TOKEN.test(method)) return ":method is no token";
  if (method === "CONNECT") {
    return scheme !== undefined || path !== undefined || authority === undefined
      ? "CONNECT with more than :authority"
      : undefined;
  }
  if (scheme === undefined || scheme === "") return "no :scheme";
  if (!SCHEME.test(scheme)) return ":scheme is none";
  if (path === undefined || path === "") return "no :path";
  if (path.charCodeAt(0) !== SLASH && !(path === "*" && method === "OPTIONS")) return ":path does not begin with /";
  if (authority !== undefined && host !== undefined && authority !== host) return "host is not :authority";
  return undefined;
}

function malformed(use: number, reason: string): HeaderCheck {
  return { use, malformed: reason, contentLength: -1, status: 0 };
}

const COLON = 0x3a;
const SLASH = 0x2f;
const SPACE = 0x20;
const TAB = 0x09;
const CONNECTION_SPECIFIC = new Set(["connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade"]);
const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
/** RFC 9113, section 8.2.1: no NUL, LF or CR, no space or tab at either end. */
// oxlint-disable-next-line no-control-regex
const UNSAFE_VALUE = /[\0\n\r]/;
/** Of what makes a URI (RFC 3986): no control character and no blank; bytes of other character sets are let pass. */
const PSEUDO_VALUE = /^[\x21-\x7e\x80-\xff]*$/;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const SCHEME = /^[A-Za-z][A-Za-z0-9+\-.]*$/;
const DIGITS = /^[0-9]{1,15}$/;
const STATUS = /^[1-5][0-9][0-9]$/;
