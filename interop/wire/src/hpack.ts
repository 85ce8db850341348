import { deepEqual } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { inspect } from "node:util";
import { buildGo, type Verdicts } from "@trilby/interop-judging";
import { HeaderDecoder, HeaderEncoder, type HeaderField, PreparedHeaders } from "@trilby/wire/hpack";
import * as fc from "fast-check";

/** Go's golang.org/x/net/http2/hpack as the other end of header compression, connection after connection. */
export async function judgeHpack({ check, note }: Verdicts): Promise<void> {
  const program = buildGo("wire-hpack", join(import.meta.dirname, "..", "hpack"), ["build"]);
  const ask = (orders: readonly Order[]): Answer[] => {
    const input = orders.map((order) => `${JSON.stringify(order)}\n`).join("");
    const { stdout, stderr, status } = spawnSync(program, { input, encoding: "utf8", maxBuffer: 2 ** 30 });
    if (status !== 0) throw new Error(`Go's side ended with ${status}: ${stderr}`);
    return stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Answer);
  };
  const connections = fc.sample(fc.array(fc.array(field, { maxLength: 12 }), { minLength: 60, maxLength: 60 }), {
    seed: 7541,
    numRuns: 50,
  });
  const tables = [4_096, 4_096, 0, 300, 65_536];
  const tableOf = (index: number): number => tables[index % tables.length]!;

  await check("hpack: what Go encodes, we decode", async () => {
    const orders = connections.flatMap((lists, index): Order[] => [
      { new: tableOf(index) },
      ...lists.map((fields) => ({ encode: fields.map(([name, value]) => [digits(name), digits(value)] as const) })),
    ]);
    const answers = ask(orders).values();
    let blocks = 0;
    for (const [index, lists] of connections.entries()) {
      answers.next();
      const decoder = new HeaderDecoder({ maxTableBytes: tableOf(index), maxListBytes: 1e9 });
      for (const fields of lists) {
        const { block } = answers.next().value!;
        deepEqual(decoder.decode(Buffer.from(block!, "hex")).fields, fields);
        blocks++;
      }
    }
    note(`hpack: ${blocks} blocks of Go's`);
  });

  await check("hpack: what we encode, Go decodes", async () => {
    const orders: Order[] = [];
    const expected: (readonly HeaderField[] | undefined)[] = [];
    for (const [index, lists] of connections.entries()) {
      orders.push({ new: tableOf(index) });
      expected.push(undefined);
      const encoder = new HeaderEncoder();
      encoder.setMaxTableBytes(tableOf(index));
      const prepared = lists.slice(0, 8).map((fields) => new PreparedHeaders(fields));
      for (const [at, fields] of lists.entries()) {
        for (const headers of [fields, prepared[at % prepared.length]!]) {
          orders.push({ decode: Buffer.from(encoder.encode(headers)).toString("hex") });
          expected.push("fields" in headers ? headers.fields : headers);
        }
      }
    }
    const answers = ask(orders);
    for (const [index, fields] of expected.entries()) {
      if (fields === undefined) continue;
      const { error, fields: got = [] } = answers[index]!;
      deepEqual({ error, fields: got.map(([name, value]) => [text(name), text(value)]) }, { error: undefined, fields });
    }
    note(`hpack: ${expected.length - connections.length} blocks of ours`);
  });

  await check("hpack: of blocks gone wrong both say the same", async () => {
    const blocks = fc.sample(wrongBlock, { seed: 7541, numRuns: 20_000 });
    const answers = ask(blocks.flatMap((block): Order[] => [{ new: 4_096 }, { decode: block.toString("hex") }]));
    let refused = 0;
    for (const [index, block] of blocks.entries()) {
      const { error, fields = [] } = answers[index * 2 + 1]!;
      const ours = decoded(block);
      if (typeof ours === "string") refused++;
      if (typeof ours === "string" && (error !== undefined || stricter.test(ours))) continue;
      const theirs = error ?? fields.map(([name, value]) => [text(name), text(value)]);
      deepEqual(ours, theirs, `of ${block.toString("hex")}: ours ${inspect(ours)}, Go's ${inspect(theirs)}`);
    }
    note(`hpack: ${refused} of ${blocks.length} were refused`);
  });
}

type Order =
  | { readonly new: number }
  | { readonly decode: string }
  | { readonly encode: readonly (readonly [name: string, value: string])[] };
interface Answer {
  readonly block?: string;
  readonly fields?: readonly (readonly [name: string, value: string])[];
  readonly error?: string;
}

const digits = (text: string): string => Buffer.from(text, "latin1").toString("hex");
const text = (digits: string): string => Buffer.from(digits, "hex").toString("latin1");

const characters = "abcdefghijklmnopqrstuvwxyz0123456789-_.".split("");
const field: fc.Arbitrary<HeaderField> = fc.tuple(
  fc.oneof(
    fc.constantFrom(":method", ":path", ":status", "content-type", "grpc-timeout", "authorization", "cookie", "te"),
    fc.string({ unit: fc.constantFrom(...characters), minLength: 1, maxLength: 30 }),
  ),
  fc.oneof(
    fc.constantFrom("", "GET", "POST", "200", "/", "application/grpc", "trailers", "100m"),
    fc.string({ unit: fc.constantFrom(...characters), maxLength: 200 }),
    fc.string({
      unit: fc
        .integer({ min: 1, max: 255 })
        .filter((code) => code !== 10 && code !== 13)
        .map((code) => String.fromCharCode(code)),
      maxLength: 40,
    }),
  ),
);

/** Right ones with bytes changed, added or cut off. */
const wrongBlock = fc
  .tuple(
    fc.array(field, { maxLength: 5 }),
    fc.boolean(),
    fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }),
    fc.uint8Array({ maxLength: 6 }),
    fc.option(fc.nat(60)),
  )
  .map(([fields, prepared, changes, more, cut]) => {
    const right = new HeaderEncoder().encode(prepared ? new PreparedHeaders(fields) : fields);
    const block = Buffer.concat([right, more]);
    for (const [at, byte] of changes) if (block.length > 0) block[at % block.length] = byte;
    return cut === null ? block : block.subarray(0, cut);
  });

/** The fields, or why it is refused. */
function decoded(block: Buffer): readonly HeaderField[] | string {
  try {
    return new HeaderDecoder({ maxListBytes: 1e9 }).decode(block).fields;
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * Where RFC 7541 lets us refuse what Go takes: a size update behind a field (section 4.2 wants it at the beginning; Go lets it pass while its table is
 * empty), and an integer with more zeros in front than any needs (section 5.1).
 */
const stricter = /a table size update stands behind a field|an integer is too large/;
