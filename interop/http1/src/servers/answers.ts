/** What a server says for one request. One byte a character. */
export interface ServerAnswer {
  readonly name: string;
  readonly answer: string;
  /** The server ends the connection behind it. */
  readonly closes?: boolean;
  /** Of the request. */
  readonly method?: string;
}

export interface GoodAnswer extends ServerAnswer {
  readonly status: number;
  readonly body: string;
  /** The end of the connection is the end of the body: a cut cannot be seen. */
  readonly untilClose?: boolean;
}

export interface BadAnswer extends ServerAnswer {
  /** Codes of `Http1CallError`, one of which has to come. A number: it may be read, with that status. */
  readonly codes: readonly (string | number)[];
}

const ok = "HTTP/1.1 200 OK\r\n";
const five = "Content-Length: 5\r\n\r\nhello";
const chunked = "Transfer-Encoding: chunked\r\n\r\n";
const inChunks = `${chunked}5\r\nhello\r\n0\r\n\r\n`;

/** What application servers send. */
export const goodAnswers: readonly GoodAnswer[] = [
  { name: "a length", answer: ok + five, status: 200, body: "hello" },
  { name: "chunks", answer: ok + inChunks, status: 200, body: "hello" },
  {
    name: "many chunks, extensions and trailers",
    answer: `${ok}${chunked}1\r\nh\r\n2;a=b\r\nel\r\n0002;c\r\nlo\r\n0\r\nX: 1\r\nY: 2\r\n\r\n`,
    status: 200,
    body: "hello",
  },
  { name: "no body", answer: `${ok}Content-Length: 0\r\n\r\n`, status: 200, body: "" },
  { name: "204", answer: "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n", status: 204, body: "" },
  {
    name: "304 with a length",
    answer: "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    status: 304,
    body: "",
  },
  { name: "HEAD with a length", method: "HEAD", answer: `${ok}Content-Length: 5\r\n\r\n`, status: 200, body: "" },
  { name: "HEAD with chunks that do not come", method: "HEAD", answer: `${ok}${chunked}`, status: 200, body: "" },
  {
    name: "until the connection ends",
    answer: `${ok}\r\nhello`,
    closes: true,
    status: 200,
    body: "hello",
    untilClose: true,
  },
  {
    name: "HTTP/1.0 until the connection ends",
    answer: "HTTP/1.0 200 OK\r\nServer: x\r\n\r\nhello",
    closes: true,
    status: 200,
    body: "hello",
    untilClose: true,
  },
  { name: "HTTP/1.0 with a length", answer: `HTTP/1.0 200 OK\r\n${five}`, closes: true, status: 200, body: "hello" },
  { name: "no reason", answer: `HTTP/1.1 200\r\n${five}`, status: 200, body: "hello" },
  { name: "an empty reason", answer: `HTTP/1.1 200 \r\n${five}`, status: 200, body: "hello" },
  { name: "a reason in another alphabet", answer: `HTTP/1.1 404 \xc3\xa4\xe9\r\n${five}`, status: 404, body: "hello" },
  { name: "a status of its own", answer: `HTTP/1.1 599 Hm\r\n${five}`, status: 599, body: "hello" },
  { name: "100 before", answer: `HTTP/1.1 100 Continue\r\n\r\n${ok}${five}`, status: 200, body: "hello" },
  {
    name: "103 and 102 before",
    answer: `HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n${ok}${five}`,
    status: 200,
    body: "hello",
  },
  { name: "close", answer: `${ok}Connection: close\r\n${five}`, closes: true, status: 200, body: "hello" },
  {
    name: "names in capitals, values without a space, empty and with tabs",
    answer: `${ok}CONTENT-LENGTH:5\r\nX:\r\nY: \t z \t\r\n\r\nhello`,
    status: 200,
    body: "hello",
  },
  {
    name: "many Set-Cookie",
    answer: `${ok}${"Set-Cookie: a=b; Path=/\r\n".repeat(20)}${five}`,
    status: 200,
    body: "hello",
  },
  { name: "bytes above 0x7f in a value", answer: `${ok}X: \xe9\xff\r\n${five}`, status: 200, body: "hello" },
];

/** What no good server sends, and what a broken or hostile one may. */
export const badAnswers: readonly BadAnswer[] = [
  { name: "nothing, and the end", answer: "", closes: true, codes: ["broken"] },
  ...[
    "\r\n\r\n",
    "hello",
    "HTTP/1.1\r\n\r\n",
    "HTTP/2.0 200 OK\r\n\r\n",
    "HTTP/0.9 200 OK\r\n\r\n",
    "HTTP/11.1 200 OK\r\n\r\n",
    "http/1.1 200 OK\r\n\r\n",
    "ICY 200 OK\r\n\r\n",
    "SSH-2.0-OpenSSH_9.2\r\n",
    "\x16\x03\x01\x00\x00\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "HTTP/1.1  200 OK\r\n\r\n",
    "HTTP/1.1\t200 OK\r\n\r\n",
    " HTTP/1.1 200 OK\r\n\r\n",
    "HTTP/1.1 20 OK\r\n\r\n",
    "HTTP/1.1 2000 OK\r\n\r\n",
    "HTTP/1.1 099 OK\r\n\r\n",
    "HTTP/1.1 abc OK\r\n\r\n",
    "HTTP/1.1 +20 OK\r\n\r\n",
    "HTTP/1.1 2 0 OK\r\n\r\n",
    "HTTP/1.1 200OK\r\n\r\n",
    "HTTP/1.1 200 O\x00K\r\n\r\n",
    "HTTP/1.1 200 O\rK\r\n\r\n",
  ].map((answer) => ({
    name: `the first line ${JSON.stringify(answer).slice(1, -1)}`,
    answer,
    closes: true,
    codes: ["malformed", "broken"],
  })),
  { name: "lines that end with LF alone", answer: "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", codes: ["malformed"] },
  { name: "a field that ends with LF alone", answer: `${ok}X: 1\n${five}`, codes: ["malformed"] },
  {
    name: "a head that ends with LF LF",
    answer: `${ok}Content-Length: 5\n\nhello`,
    closes: true,
    codes: ["malformed", "broken"],
  },
  { name: "CR in a value", answer: `${ok}X: 1\rY: 2\r\n${five}`, codes: ["malformed"] },
  { name: "NUL in a value", answer: `${ok}X: 1\x00\r\n${five}`, codes: ["malformed"] },
  { name: "a folded value", answer: `${ok}X: 1\r\n 2\r\n${five}`, codes: ["malformed", 200] },
  { name: "a folded length", answer: `${ok}Content-Length:\r\n 5\r\n\r\nhello`, codes: ["malformed"] },
  {
    name: "a space before a colon",
    answer: `${ok}Content-Length : 5\r\n\r\nhello`,
    closes: true,
    codes: ["malformed"],
  },
  { name: "a field without a name", answer: `${ok}: 1\r\n${five}`, codes: ["malformed"] },
  { name: "a field without a colon", answer: `${ok}X\r\n${five}`, codes: ["malformed"] },
  { name: "a length and chunks", answer: `${ok}Content-Length: 5\r\n${inChunks}`, codes: ["malformed"] },
  {
    name: "chunks and a length of 0",
    answer: `${ok}Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    codes: ["malformed"],
  },
  { name: "two lengths", answer: `${ok}Content-Length: 4\r\n${five}`, codes: ["malformed"] },
  { name: "a list of two lengths", answer: `${ok}Content-Length: 5, 4\r\n\r\nhello`, codes: ["malformed"] },
  ...["", "-1", "+5", "5x", "0x5", "5.0", "\xb25", "99999999999999999999999", "18446744073709551621"].map((length) => ({
    name: `the length ${JSON.stringify(length).slice(1, -1)}`,
    answer: `${ok}Content-Length: ${length}\r\n\r\nhello`,
    closes: true,
    codes: ["malformed"],
  })),
  {
    name: "a length that is too large",
    answer: `${ok}Content-Length: 9007199254740000\r\n\r\nhello`,
    codes: ["too-large"],
  },
  ...[
    "gzip, chunked",
    "chunked, chunked",
    "xchunked",
    "gzip",
    "chunked, gzip",
    "\x0bchunked",
    "chunked\x00",
    "",
    "chunked;q=1",
  ].map((coding) => ({
    name: `the transfer coding ${JSON.stringify(coding).slice(1, -1)}`,
    answer: `${ok}Transfer-Encoding: ${coding}\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    closes: true,
    codes: ["malformed"],
  })),
  { name: "chunks in HTTP/1.0", answer: `HTTP/1.0 200 OK\r\n${inChunks}`, closes: true, codes: ["malformed"] },
  ...[
    "x",
    "",
    "-5",
    "+5",
    "0x5",
    " 5",
    "5 x",
    "1000000000000000005",
    "fffffffffffffffb",
    "5\r",
    "5\n",
    "5;a\n",
    "5;a\rb",
  ].map((size) => ({
    name: `the chunk size ${JSON.stringify(size).slice(1, -1)}`,
    answer: `${ok}${chunked}${size}\r\nhello\r\n0\r\n\r\n`,
    closes: true,
    codes: ["malformed", "too-large"],
  })),
  { name: "a chunk longer than its size", answer: `${ok}${chunked}4\r\nhello\r\n0\r\n\r\n`, codes: ["malformed"] },
  { name: "a chunk shorter than its size", answer: `${ok}${chunked}6\r\nhello\r\n0\r\n\r\n`, codes: ["malformed"] },
  { name: "a chunk that ends with LF alone", answer: `${ok}${chunked}5\r\nhello\n0\r\n\r\n`, codes: ["malformed"] },
  { name: "trailers that are none", answer: `${ok}${chunked}5\r\nhello\r\n0\r\nX : 1\r\n\r\n`, codes: ["malformed"] },
  {
    name: "101, which nobody asked for",
    answer: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
    codes: ["malformed"],
  },
  { name: "100 alone, and the end", answer: "HTTP/1.1 100 Continue\r\n\r\n", closes: true, codes: ["broken"] },
  {
    name: "100 with a length",
    answer: `HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\nhello${ok}${five}`,
    codes: ["malformed"],
  },
  { name: "10,000 times 100", answer: "HTTP/1.1 100 Continue\r\n\r\n".repeat(10_000), codes: ["too-large"] },
  { name: "a head of 1 MB", answer: `${ok}${"X: y\r\n".repeat(200_000)}`, codes: ["too-large"] },
  { name: "a value of 1 MB", answer: `${ok}X: ${"y".repeat(1_000_000)}`, codes: ["too-large"] },
  { name: "a first line of 1 MB", answer: `HTTP/1.1 200 ${"y".repeat(1_000_000)}`, codes: ["too-large"] },
  {
    name: "trailers of 1 MB",
    answer: `${ok}${chunked}5\r\nhello\r\n0\r\n${"X: y\r\n".repeat(200_000)}`,
    codes: ["too-large"],
  },
  {
    name: "a chunk extension of 1 MB",
    answer: `${ok}${chunked}5;${"y".repeat(1_000_000)}`,
    codes: ["malformed", "too-large"],
  },
  {
    name: "a body that is larger than allowed, with a length",
    answer: `${ok}Content-Length: 2000000\r\n\r\n${"y".repeat(2_000_000)}`,
    codes: ["too-large"],
  },
  {
    name: "a body that is larger than allowed, in chunks",
    answer: `${ok}${chunked}${`10000\r\n${"y".repeat(65_536)}\r\n`.repeat(32)}`,
    codes: ["too-large"],
  },
  {
    name: "a body that is larger than allowed, until the end",
    answer: `${ok}\r\n${"y".repeat(2_000_000)}`,
    codes: ["too-large"],
  },
  {
    name: "a length that is never reached",
    answer: `${ok}Content-Length: 6\r\n\r\nhello`,
    closes: true,
    codes: ["broken"],
  },
  { name: "chunks without the last", answer: `${ok}${chunked}5\r\nhello\r\n`, closes: true, codes: ["broken"] },
];
