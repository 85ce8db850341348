/** One answer as it stood on the connection. */
export interface Answer {
  readonly status: number;
  /** Names in lower case, in the order they came. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

export interface Parsed {
  readonly answers: readonly Answer[];
  /** What came behind the last whole answer. */
  readonly rest: Buffer;
}

/**
 * Reads answers as strictly as can be, for what it reads is ours. `methods` are those of the requests, in turn: an answer to a HEAD has
 * no body. Interim answers (1xx) count as answers, but take no method. `ended`: nothing more will come.
 */
export function parseAnswers(bytes: Buffer, methods: readonly string[], ended: boolean): Parsed {
  const answers: Answer[] = [];
  let at = 0;
  let final = 0;
  while (at < bytes.length) {
    const end = bytes.indexOf("\r\n\r\n", at);
    if (end < 0) break;
    const [line, ...lines] = bytes.toString("latin1", at, end).split("\r\n");
    const status = statusOf(line!);
    const fields = lines.map(fieldOf);
    const hasBody = status >= 200 && status !== 204 && status !== 304 && methods[final] !== "HEAD";
    const body = hasBody ? bodyAt(bytes, end + 4, fields, ended) : { end: end + 4, content: empty };
    if (body === undefined) break;
    if (status >= 200) final++;
    answers.push({ status, fields, body: body.content });
    at = body.end;
  }
  return { answers, rest: bytes.subarray(at) };
}

const empty = Buffer.alloc(0);

function statusOf(line: string): number {
  const [, status] = /^HTTP\/1\.1 ([1-5]\d\d) [\t\x20-\x7e]*$/.exec(line) ?? [];
  if (status === undefined) throw new Error(`no status line: ${JSON.stringify(line)}`);
  return Number(status);
}

function fieldOf(line: string): readonly [string, string] {
  const [, name, value] = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+): ?([\t\x20-\x7e\x80-\xff]*)$/.exec(line) ?? [];
  if (name === undefined) throw new Error(`no header field: ${JSON.stringify(line)}`);
  return [name.toLowerCase(), value!];
}

function bodyAt(
  bytes: Buffer,
  at: number,
  fields: Answer["fields"],
  ended: boolean,
): { end: number; content: Buffer } | undefined {
  const all = (wanted: string): string[] => fields.filter(([name]) => name === wanted).map(([, value]) => value);
  const [length, ...lengths] = all("content-length");
  const [coding, ...codings] = all("transfer-encoding");
  if (length === undefined && coding === undefined && all("connection").includes("close"))
    return ended ? { end: bytes.length, content: bytes.subarray(at) } : undefined;
  if (lengths.length + codings.length > 0 || (length === undefined) === (coding === undefined))
    throw new Error(`an answer framed by ${JSON.stringify(fields)}`);
  if (length !== undefined) {
    if (!/^\d+$/.test(length)) throw new Error(`an answer of the length ${length}`);
    const end = at + Number(length);
    return end > bytes.length ? undefined : { end, content: bytes.subarray(at, end) };
  }
  if (coding !== "chunked") throw new Error(`an answer coded as ${coding}`);
  const chunks: Buffer[] = [];
  for (let start = at; ;) {
    const line = bytes.indexOf("\r\n", start);
    if (line < 0) return undefined;
    const digits = bytes.toString("latin1", start, line);
    if (!/^[0-9a-fA-F]+$/.test(digits)) throw new Error(`a chunk of the size ${JSON.stringify(digits)}`);
    const size = Number.parseInt(digits, 16);
    const end = line + 2 + size + 2;
    if (end > bytes.length) return undefined;
    if (bytes.toString("latin1", end - 2, end) !== "\r\n") throw new Error("a chunk that does not end where it says");
    if (size === 0) return { end, content: Buffer.concat(chunks) };
    chunks.push(bytes.subarray(line + 2, end - 2));
    start = end;
  }
}
