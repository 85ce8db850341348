import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { echo, framed, raw, rawSession, serve } from "./server-fixture.ts";

const bytes = fc.uint8Array({ maxLength: 60 });
const part = fc.oneof(
  { weight: 3, arbitrary: bytes.map((message) => framed(message)) },
  { weight: 2, arbitrary: bytes.map((message) => framed(gzipSync(message), 1)) },
  fc.tuple(bytes, fc.integer({ min: 0, max: 255 })).map(([message, flag]) => framed(message, flag)),
  fc.nat({ max: 2 ** 32 - 1 }).map((length) => Buffer.from([0, ...new Uint8Array(new Uint32Array([length]).buffer)])),
  bytes.map((each) => Buffer.from(each)),
);
const value = fc.oneof(
  fc.stringMatching(/^[ -~]{0,20}$/).map((each) => each.trim()),
  fc.constantFrom("gzip", "identity", "deflate", "br", "application/grpc+x", "text/html"),
  fc
    .tuple(fc.nat({ max: 10 ** 9 }), fc.constantFrom("n", "u", "m", "S", "M", "H", "x"))
    .map(([amount, unit]) => `${amount}${unit}`),
);
const headers = fc.dictionary(
  fc.constantFrom("grpc-encoding", "grpc-accept-encoding", "grpc-timeout", "content-type", "x-text", "x-data-bin"),
  value,
  { maxKeys: 3 },
);

test("whatever a caller sends, its call ends with a status, and everybody else's is as before", async () => {
  const escaped: unknown[] = [];
  const hear = (error: unknown): void => void escaped.push(error);
  process.on("unhandledRejection", hear);
  onTestFinished(() => void process.off("unhandledRejection", hear));
  const { path } = await serve(echo, { maxReceiveBytes: 1000, gzipResponsesFromBytes: 20 });
  const session = rawSession(path);
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("Unary", "Later", "Stream", "Nothing"),
      headers,
      fc.array(part, { maxLength: 4 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
      async (method, given, parts, sizes) => {
        const body = Buffer.concat(parts);
        const answer = await raw(session, { ":path": `/test.Echo/${method}`, ...given }, (stream) => {
          for (let at = 0, index = 0; at < body.byteLength; index++) {
            const end = at + sizes[index % sizes.length]!;
            stream.write(body.subarray(at, end));
            at = end;
          }
          stream.end();
        });
        const status = answer.trailers["grpc-status"] ?? answer.headers["grpc-status"];
        seen.add(String(status ?? answer.headers[":status"]));
        if (answer.headers[":status"] === 200) expect(status).toMatch(/^\d+$/);
        else expect(answer.headers[":status"]).toBe(415);
      },
    ),
    { numRuns: 500 },
  );
  expect([...seen]).toEqual(expect.arrayContaining(["0", "8", "12", "13", "415"]));
  const fine = await raw(session, {}, (stream) => stream.end(framed(Buffer.from("fine"))));
  expect(fine.body).toEqual(framed(Buffer.from("fine")));
  expect(escaped).toEqual([]);
});
