import type { Difference, Reader } from "./compare.ts";
import type { RequestReading } from "./reading.ts";

type Manners = Omit<Reader, "name" | "readings">;

const all = ({ fields }: RequestReading, wanted: string): string[] =>
  fields.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value);

/** What RFC 9112 wants refused, or lets be refused, and other readers take. */
const ofBoth: readonly Difference[] = [
  {
    name: "a target of * for other methods than OPTIONS",
    reason: "RFC 9112, 3.2.4: only OPTIONS has it",
    explains: ({ method, target }) => target === "*" && method !== "OPTIONS",
  },
  {
    name: "a target that is neither a path nor of http or https",
    reason: "RFC 9112, 3.2: no form of a target that a server could serve",
    explains: ({ method, target }) =>
      method !== "CONNECT" && target !== "*" && !/^(\/|https?:\/\/[^/?#])/i.test(target),
  },
  {
    name: "CONNECT",
    reason: "RFC 9110, 9.3.6: only a proxy makes tunnels, and what follows would be read as requests",
    explains: ({ method }) => method === "CONNECT",
  },
  {
    name: "transfer coding in HTTP/1.0",
    reason: "RFC 9112, 6.1: its framing is to be taken for faulty; a proxy of HTTP/1.0 knows nothing of it",
    explains: (request, text) => request.version === "1.0" && /transfer-encoding/i.test(text),
  },
  {
    name: "a length beside a transfer coding",
    reason: "RFC 9112, 6.3: ought to be handled as an error; that is how requests are smuggled",
    explains: (_, text) => /transfer-encoding:/i.test(text) && /content-length:/i.test(text),
  },
  {
    name: "expectations other than 100-continue",
    reason: "RFC 9110, 10.1.1: 417",
    explains: (request) => all(request, "expect").some((value) => value.toLowerCase() !== "100-continue"),
  },
  {
    name: "no Host, two, or one that cannot be any",
    reason: "RFC 9112, 3.2: 400, by all servers",
    explains: (request, text) => {
      const hosts = all(request, "host");
      return hosts.length !== 1 || !/^[\w.\-:[\]%!$&'()*+,;=~]*$/.test(hosts[0]!) || /\nhost:.*\nhost:/is.test(text);
    },
  },
];

const nodes: Manners = {
  keeps: () => true,
  keepsOrder: true,
  kinder: [
    ...ofBoth,
    {
      name: "HTTP/0.9, HTTP/2.0 and RTSP as versions",
      reason: "RFC 9112, 2.3: another major version is another syntax",
      explains: ({ version }) => !/^1\.[01]$/.test(version),
    },
    {
      name: "other transfer codings before chunked",
      reason: "RFC 9112, 6.1: what cannot be decoded is refused; node:http hands out the coded bytes",
      explains: (request) => all(request, "transfer-encoding").join().trim().toLowerCase() !== "chunked",
    },
    {
      name: "a bare CR or LF before a request",
      reason: "RFC 9112, 2.2: what is ignored there is an empty line, and that is CR LF",
      explains: ({ method }, text) => /(\r|(^|[^\r])\n)$/.test(text.slice(0, text.indexOf(`${method} `))),
    },
    {
      name: "more than one space in the request line",
      reason: "RFC 9112, 3: a single space; to be more lenient is a may",
      explains: ({ target }, text) => text.includes(`  ${target}`) || text.includes(`${target}  `),
    },
  ],
  stricter: [
    {
      name: "methods that llhttp has no name for",
      reason: "RFC 9110, 9.1: any token may be one; the router answers 404 or 405",
      explains: ({ method }) => !known.has(method),
    },
    {
      name: "bytes above 0x7f in a target",
      reason: "clients send paths in raw UTF-8; Go takes them as well",
      explains: ({ target }) => /[\x80-\xff]/.test(target),
    },
    {
      name: "a fragment behind the host of a target",
      reason: "it is in no grammar, and means nothing to a router: 404",
      explains: ({ target }) => /^https?:\/\/[^/]*#/i.test(target),
    },
    {
      name: "a tab around the transfer coding",
      reason: "RFC 9110, 5.6.3: OWS is spaces and tabs",
      explains: (_, text) => /transfer-encoding:(\t| *[a-z]+[ \t]*\t)/i.test(text),
    },
    {
      name: "whitespace in a chunk's extension",
      reason: "RFC 9112, 7.1.1: BWS is in the grammar",
      explains: (_, text) => /;[^\r\n]*\r\n/.test(text),
    },
    {
      name: "lengths and codings as trailers",
      reason: "RFC 9110, 6.5.1: they frame nothing there, and ours drops all trailers",
      explains: (_, text) => /0\r\n[^]*(content-length|transfer-encoding):/i.test(text),
    },
  ],
};

const known = new Set(["DELETE", "GET", "HEAD", "POST", "PUT", "CONNECT", "OPTIONS", "TRACE", "PATCH"]);

const gos: Manners = {
  // Go takes these for itself.
  keeps: (name) => !["transfer-encoding", "content-length", "trailer", "connection"].includes(name),
  keepsOrder: false,
  kinder: [
    ...ofBoth,
    {
      name: "lines that end with LF alone",
      reason: "RFC 9112, 2.2: a may; a proxy that does not see them is how requests are smuggled",
      explains: (_, text) => /(^|[^\r])\n/.test(text),
    },
    {
      name: "folded values",
      reason: "RFC 9112, 5.2: 400, by a server",
      explains: (_, text) => /\n[ \t]/.test(text),
    },
    {
      name: "versions HTTP/1.2 to HTTP/1.9",
      reason: "there are none",
      explains: ({ version }) => !/^1\.[01]$/.test(version),
    },
    {
      name: "whitespace behind a chunk's size",
      reason: "RFC 9112, 7.1: not in the grammar where no extension follows",
      explains: (_, text) => /\n[0-9a-f]+[ \t]+(\r\n|;)/i.test(text),
    },
    {
      name: "a space before the colon of a trailer, or in its name",
      reason: "RFC 9112, 5.1: 400, by a server",
      explains: (_, text) => /\n[\w-]+[ \t]+[\w-]*:/.test(text),
    },
    {
      name: "a control character in a chunk's extension",
      reason: "RFC 9112, 7.1.1: not in the grammar; where it is CR or LF others see a line's end",
      explains: (_, text) => /\n[0-9a-f]+[ \t]*;[^\r\n]*[^\t\r\n\x20-\x7e\x80-\xff]/i.test(text),
    },
    {
      name: "the same length twice",
      reason: "RFC 9112, 6.3: a may; no client does it",
      explains: (_, text) => /content-length:[^]*\ncontent-length:/i.test(text),
    },
  ],
  stricter: [
    {
      name: "Trailer that announces what cannot be a trailer",
      reason: "RFC 9110, 6.5.1: it is the sender that must not; ours drops all trailers",
      explains: (_, text) => /trailer:[^\r\n]*(content-length|transfer-encoding|trailer)/i.test(text),
    },
    {
      name: "an empty line before a request",
      reason: "RFC 9112, 2.2: ought to be ignored, once",
      explains: ({ method, target }, text) =>
        text.startsWith("\r\n") ||
        text.includes("\r\n\r\n\r\n") ||
        (/content-length|chunked/i.test(text) && text.includes(`\r\n${method} ${target}`)),
    },
    {
      name: "a word of Connection with close in it",
      reason: "RFC 9110, 7.6.1: words stand between commas; Go takes a space for a comma",
      explains: (_, text) => /connection:[^\r\n]*close/i.test(text),
    },
    {
      name: "targets that are no URL",
      reason: "the router answers 400 or 404 and the connection goes on",
      explains: ({ target }) => !isUrl(target),
    },
  ],
};

/** As Go's net/url wants it: whole escapes, a port of digits, a host without what a host cannot have. */
function isUrl(target: string): boolean {
  const [, authority = ""] = /^https?:\/\/([^/?#]*)/i.exec(target) ?? [];
  return !/%(?![0-9a-f]{2})/i.test(target.split("?")[0]!) && /^([^:@[\]<>"\\^`{|}% ]*)(:\d*)?$/.test(authority);
}

/** How others read otherwise than ours, each with its reason. */
export const differences: Readonly<Record<"node" | "go", Manners>> = { node: nodes, go: gos };
