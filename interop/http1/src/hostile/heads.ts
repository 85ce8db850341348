import { answered, type HostileCase, host, hungUp, last, ping, refused, request, shown, smuggled } from "./case.ts";

const byte = (code: number): string => String.fromCharCode(code);
const all = (from: number, to: number): string[] => Array.from({ length: to - from + 1 }, (_, at) => byte(from + at));

/** Request lines and header fields: RFC 9112, 2 to 5. */
export const heads: readonly HostileCase[] = [
  { name: "2.2: an empty line before the request", send: `\r\n${request(ping, [host])}`, outcomes: [answered(204)] },
  {
    name: "2.2: an empty line between two",
    send: `${request(ping, [host])}\r\n${request(ping, [host])}`,
    outcomes: [answered(204, 204)],
  },
  { name: "2.2: a bare LF before the request", send: `\n${request(ping, [host])}`, outcomes: [answered(204), refused] },
  { name: "2.2: a bare CR before the request", send: `\r${request(ping, [host])}`, outcomes: [answered(204), refused] },
  { name: "2.2: a space before the request", send: ` ${request(ping, [host])}`, outcomes: [refused] },
  { name: "2.2: lines that end with LF alone", send: request(ping, [host]).replaceAll("\r", ""), outcomes: [refused] },
  { name: "2.2: the request line ends with LF alone", send: `${ping}\n${host}\r\n\r\n`, outcomes: [refused] },
  { name: "2.2: a field ends with LF alone", send: `${ping}\r\n${host}\nX: 1\r\n\r\n`, outcomes: [refused] },
  { name: "2.2: the head ends with LF alone", send: `${ping}\r\n${host}\r\n\n${smuggled}`, outcomes: [refused] },
  { name: "2.2: the head ends with LF LF", send: `${ping}\r\n${host}\n\n${smuggled}`, outcomes: [refused] },
  {
    name: "2.2: lines that end with CR alone",
    send: request(ping, [host]).replaceAll("\n", "") + smuggled,
    outcomes: [refused],
  },
  { name: "2.2: CR CR LF", send: `${ping}\r\r\n${host}\r\n\r\n`, outcomes: [refused] },
  { name: "2.2: the head ends with CR and something else", send: `${ping}\r\n${host}\r\n\rX`, outcomes: [refused] },
  {
    name: "2.2: whitespace between the request line and the first field",
    send: `${ping}\r\n ${host}\r\nX: 1\r\n\r\n`,
    outcomes: [refused],
  },
  { name: "2.2: an answer for a request", send: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", outcomes: [refused] },
  { name: "2.2: nothing", send: "", finish: true, outcomes: [hungUp] },
  { name: "2.2: empty lines alone, then the end", send: "\r\n\r\n", finish: true, outcomes: [hungUp, refused] },
  { name: "2.2: half a request line, then the end", send: "GET /v1.0/hea", finish: true, outcomes: [hungUp, refused] },
  { name: "2.2: half a head, then the end", send: `${ping}\r\nHost: loc`, finish: true, outcomes: [hungUp, refused] },
  { name: "2.2: a whole request, then the end", send: request(ping, [host]), finish: true, outcomes: [last(204)] },

  ...["", "GE(T", "G\x00ET", "GET\x7f", "G\xc9T", '"GET"', "GET,POST", "GET:"].map((method) => ({
    name: `3.1: the method ${shown(method)}`,
    send: request(`${method} / HTTP/1.1`, [host]) + smuggled,
    outcomes: [refused],
  })),
  {
    name: "3.1: a method of 10,000 letters",
    send: request(`${"G".repeat(10_000)} / HTTP/1.1`, [host]),
    outcomes: [refused],
  },
  // Known to no server, and right in form: answered as any wrong method, or refused.
  ...["get", "BREW", "M-SEARCH", "PROPFIND", "X!#$%&'*+-.^_`|~9"].map((method) => ({
    name: `3.1: the method ${method}`,
    send: request(`${method} /v1.0/healthz HTTP/1.1`, [host]),
    outcomes: [answered([404, 405, 501]), refused],
  })),
  ...[
    "GET\t/v1.0/healthz HTTP/1.1",
    "GET /v1.0/healthz\tHTTP/1.1",
    "GET /v1.0/healthz HTTP/1.1 ",
    "GET /v1.0/healthz",
    "GET",
    "GET ",
    "GET HTTP/1.1",
    "GET  HTTP/1.1",
    "/v1.0/healthz",
    "GET /v1.0/healthz HTTP/1.1 HTTP/1.1",
  ].map((line) => ({
    name: `3: the request line ${shown(line)}`,
    send: request(line, [host]) + smuggled,
    outcomes: [refused],
  })),
  ...["GET  /v1.0/healthz HTTP/1.1", "GET /v1.0/healthz  HTTP/1.1"].map((line) => ({
    name: `3: the request line ${line}`,
    send: request(line, [host]),
    outcomes: [refused, answered(204)],
  })),
  ...["/a b", "/a\x00b", "/a\x01b", "/a\x7fb", "/a\x0bb", "/a\rb", "/a\nb"].map((target) => ({
    name: `3.2: the target ${shown(target)}`,
    send: request(`GET ${target} HTTP/1.1`, [host]) + smuggled,
    outcomes: [refused],
  })),
  // Browsers and curl send such targets as they were typed.
  ...["/caf\xc3\xa9", "/a|b", '/a"b', "/<a>", "/{a}", "/a\\b", "/a^b`", "/a#b", "/?a=b c".replace(" ", "[]")].map(
    (target) => ({
      name: `3.2: the target ${shown(target)}`,
      send: request(`GET ${target} HTTP/1.1`, [host]),
      outcomes: [answered([400, 404]), refused],
    }),
  ),
  {
    name: "3.2: a target of 3,500 bytes",
    send: request(`GET /${"a".repeat(3_500)} HTTP/1.1`, [host]),
    outcomes: [answered(404)],
  },
  {
    name: "3.2: a target of 100,000 bytes",
    send: request(`GET /${"a".repeat(100_000)} HTTP/1.1`, [host]),
    outcomes: [refused],
  },
  {
    name: "3.2: a target that is no path",
    send: request("GET healthz HTTP/1.1", [host]),
    outcomes: [answered([400, 404]), refused],
  },
  {
    name: "3.2: an escape that is none",
    send: request("GET /%zz HTTP/1.1", [host]),
    outcomes: [answered(400), refused],
  },
  {
    name: "3.2.2: the absolute form",
    send: request("GET http://localhost/v1.0/healthz HTTP/1.1", [host]),
    outcomes: [answered(204)],
  },
  {
    name: "3.2.2: the absolute form with another Host",
    send: request("GET http://other/v1.0/healthz HTTP/1.1", [host]),
    outcomes: [answered(204), refused],
  },
  {
    name: "3.2.2: the absolute form without a path",
    send: request("GET http://localhost HTTP/1.1", [host]),
    outcomes: [answered(404), refused],
  },
  {
    name: "3.2.3: the authority form, but not of CONNECT",
    send: request("GET localhost:80 HTTP/1.1", [host]),
    outcomes: [answered([400, 404]), refused],
  },
  {
    name: "3.2.3: CONNECT",
    send: request("CONNECT localhost:80 HTTP/1.1", [host]) + smuggled,
    outcomes: [refused, last([404]), hungUp],
  },
  {
    name: "3.2.3: CONNECT to a path",
    send: request("CONNECT /v1.0/healthz HTTP/1.1", [host]) + smuggled,
    outcomes: [refused, last([404]), hungUp],
  },
  {
    name: "3.2.4: OPTIONS *",
    send: request("OPTIONS * HTTP/1.1", [host]),
    outcomes: [answered([200, 204, 400, 404, 405]), refused],
  },
  { name: "3.2.4: GET *", send: request("GET * HTTP/1.1", [host]), outcomes: [answered([400, 404, 405]), refused] },

  ...[
    "HTTP/2.0",
    "HTTP/0.9",
    "HTTP/3.0",
    "HTTP/11.1",
    "HTTP/1.10",
    "HTTP/1",
    "HTTP/1.",
    "HTTP/.1",
    "HTTP/-1.1",
    "HTTP/1.1x",
    "http/1.1",
    "HTPP/1.1",
    "HTTP 1.1",
    "HTTP/1,1",
    "HTTP/1.\xb9",
    "HTTPS/1.1",
    "ICE/1.0",
    "RTSP/1.0",
  ].map((version) => ({
    name: `2.3: the version ${shown(version)}`,
    send: request(`GET /v1.0/healthz ${version}`, [host]) + smuggled,
    outcomes: [refused],
  })),
  { name: "2.3: HTTP/1.2", send: request("GET /v1.0/healthz HTTP/1.2", [host]), outcomes: [answered(204), refused] },

  { name: "3.2: no Host", send: request(ping), outcomes: [refused] },
  { name: "3.2: two Hosts", send: request(ping, [host, "Host: other"]), outcomes: [refused] },
  { name: "3.2: the same Host twice", send: request(ping, [host, host]), outcomes: [refused] },
  { name: "3.2: an empty Host", send: request(ping, ["Host:"]), outcomes: [answered(204)] },
  { name: "3.2: a Host with a port", send: request(ping, ["Host: [::1]:3500"]), outcomes: [answered(204)] },
  ...["a b", "a/b", "a@b", "a, b", "http://a", "a:b:c", "a:99999999"].map((value) => ({
    name: `3.2: the Host ${value}`,
    send: request(ping, [`Host: ${value}`]),
    outcomes: [answered(204), refused],
  })),

  { name: "5.1: a space before the colon", send: request(ping, [host, "X : 1"]), outcomes: [refused] },
  { name: "5.1: a tab before the colon", send: request(ping, [host, "X\t: 1"]), outcomes: [refused] },
  {
    name: "5.1: a space before the colon of Content-Length",
    send: request(ping, [host, `Content-Length : ${smuggled.length}`], smuggled),
    outcomes: [refused],
  },
  { name: "5.1: a space before the colon of Host", send: request(ping, ["Host : localhost"]), outcomes: [refused] },
  { name: "5: no name", send: request(ping, [host, ": 1"]), outcomes: [refused] },
  { name: "5: no colon", send: request(ping, [host, "X"]), outcomes: [refused] },
  { name: "5: no colon and a space", send: request(ping, [host, "X 1"]), outcomes: [refused] },
  { name: "5.2: a folded value", send: request(ping, [host, "X: 1\r\n 2"]), outcomes: [refused] },
  { name: "5.2: a value folded with a tab", send: request(ping, [host, "X: 1\r\n\t2"]), outcomes: [refused] },
  { name: "5.2: an empty line with a space in it", send: `${ping}\r\n${host}\r\n \r\n\r\n`, outcomes: [refused] },
  ...[...all(0, 0x20), ...'"(),/;<=>?@[\\]{}'.split(""), ...all(0x7f, 0xff)]
    .filter((each) => each !== "\n")
    .map((character) => ({
      name: `5.1: a name with ${shown(character)}`,
      send: request(ping, [host, `X${character}Y: 1`]) + smuggled,
      outcomes: [refused],
    })),
  ...[...all(0, 0x08), "\x0b", "\x0c", "\r", ...all(0x0e, 0x1f), "\x7f"].map((character) => ({
    name: `5.5: a value with ${shown(character)}`,
    send: request(ping, [host, `X: a${character}b`]) + smuggled,
    outcomes: [refused],
  })),
  {
    name: "5.5: a value with every byte that may be in one",
    send: request(ping, [host, `X: \t${all(0x20, 0x7e).join("")}\t${all(0x80, 0xff).join("")} `]),
    outcomes: [answered(204)],
  },
  { name: "5.5: a value with LF", send: `${ping}\r\n${host}\r\nX: a\nb\r\n\r\n`, outcomes: [refused] },
  {
    name: "5.1: every character of a name",
    send: request(ping, [host, "!#$%&'*+-.^_`|~0aZ: 1"]),
    outcomes: [answered(204)],
  },
  {
    name: "5.1: no whitespace, much whitespace, no value",
    send: request(ping, [host, "X:1", "Y: \t  2 \t ", "Z:", "W: "]),
    outcomes: [answered(204)],
  },
  {
    name: "5: names of JavaScript's objects",
    send: request(ping, [host, "__proto__: 1", "constructor: 2", "toString: 3", "hasOwnProperty: 4"]),
    outcomes: [answered(204)],
  },
  {
    name: "5.4: a field of 3,500 bytes",
    send: request(ping, [host, `X: ${"a".repeat(3_500)}`]),
    outcomes: [answered(204)],
  },
  {
    name: "5.4: a field of 100,000 bytes",
    send: request(ping, [host, `X: ${"a".repeat(100_000)}`]),
    outcomes: [refused],
  },
  {
    name: "5.4: a name of 100,000 bytes",
    send: request(ping, [host, `${"a".repeat(100_000)}: X`]),
    outcomes: [refused],
  },
  {
    name: "5.4: 100 fields",
    send: request(ping, [host, ...Array.from({ length: 100 }, (_, at) => `X-${at}: ${at}`)]),
    outcomes: [answered(204)],
  },
  {
    name: "5.4: 20,000 fields",
    send: request(ping, [host, ...Array.from({ length: 20_000 }, () => "a:")]),
    outcomes: [refused],
  },
  {
    name: "5.4: a head without an end, 1 MB",
    send: `${ping}\r\n${host}\r\nX: ${"a".repeat(1_000_000)}`,
    outcomes: [refused],
  },
  { name: "5.4: a request line without an end, 1 MB", send: `GET /${"a".repeat(1_000_000)}`, outcomes: [refused] },
  {
    name: "5.4: whitespace without an end, 1 MB",
    send: `${ping}\r\n${host}\r\nX:${" ".repeat(1_000_000)}`,
    outcomes: [refused],
  },

  {
    name: "a TLS client",
    send: "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "\x5a".repeat(506),
    outcomes: [refused, hungUp],
  },
  { name: "an SSH client", send: "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", outcomes: [refused] },
  { name: "a Redis client", send: "*1\r\n$4\r\nPING\r\n", outcomes: [refused] },
  { name: "a mail client", send: "EHLO localhost\r\nMAIL FROM:<a@b>\r\n\r\n", outcomes: [refused] },
  { name: "a memcached client", send: "\x80\x0b\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", outcomes: [refused, hungUp] },
  { name: "a PostgreSQL client", send: "\x00\x00\x00\x08\x04\xd2\x16\x2f", outcomes: [refused, hungUp] },
  {
    name: "a browser's script that speaks HTTP in a body to another protocol",
    send: `EHLO x\r\n${request(ping, [host])}`,
    outcomes: [refused],
  },
];
