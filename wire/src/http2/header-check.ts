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
  const pseudo: Record<string, string> = Object.create(null) as Record<string, string>;
  let regular = false;
  let contentLength = -1;
  let host: string | undefined;
  for (const [name, value] of fields) {
    if (name.charCodeAt(0) === COLON) {
      if (use === HeaderUse.TRAILERS) return malformed(use, `${name} in trailers`);
      if (regular) return malformed(use, `${name} after a regular field`);
      if (!allowedPseudo[use]!.has(name)) return malformed(use, `${name} is not known here`);
      if (pseudo[name] !== undefined) return malformed(use, `${name} twice`);
      if (!PSEUDO_VALUE.test(value)) return malformed(use, `${name} has a character that may not be there`);
      pseudo[name] = value;
      continue;
    }
    regular = true;
    if (!FIELD_NAME.test(name)) return malformed(use, "a field name has a character that may not be there");
    if (UNSAFE_VALUE.test(value)) return malformed(use, `${name} has a character that may not be there`);
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
    const text = pseudo[":status"];
    if (text === undefined || !STATUS.test(text) || text === "101") return malformed(use, "no :status that is allowed");
    status = Number(text);
  }
  return { use, malformed: undefined, contentLength, status };
}

/** RFC 9113, section 8.3.1, and 8.5 for CONNECT. */
function requestProblem(pseudo: Record<string, string>, host: string | undefined): string | undefined {
  const method = pseudo[":method"];
  const scheme = pseudo[":scheme"];
  const path = pseudo[":path"];
  const authority = pseudo[":authority"];
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
const allowedPseudo = [new Set([":method", ":scheme", ":path", ":authority"]), new Set([":status"]), new Set<string>()];
const CONNECTION_SPECIFIC = new Set(["connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade"]);
const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
/** RFC 9113, section 8.2.1: no NUL, LF or CR, no space or tab at either end. */
// oxlint-disable-next-line no-control-regex
const UNSAFE_VALUE = /[\0\n\r]|^[\t ]|[\t ]$/;
/** Of what makes a URI (RFC 3986): no control character and no blank; bytes of other character sets are let pass. */
const PSEUDO_VALUE = /^[\x21-\x7e\x80-\xff]*$/;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const SCHEME = /^[A-Za-z][A-Za-z0-9+\-.]*$/;
const DIGITS = /^[0-9]{1,15}$/;
const STATUS = /^[1-5][0-9][0-9]$/;
