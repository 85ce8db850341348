import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decodeMetadata, encodeMetadata } from "../../src/grpc/metadata.ts";

const plain = (metadata: ReturnType<typeof decodeMetadata>) =>
  metadata.map(([name, value]) => [name, typeof value === "string" ? value : [...value]]);

test("text and bytes come back as they were, in order", () => {
  const name = fc.stringMatching(/^x-[0-9a-z_.-]{0,20}$/).filter((each) => !each.endsWith("-bin"));
  const text = fc.tuple(name, fc.stringMatching(/^[ -~]*$/));
  const bytes = fc.tuple(
    name.map((each) => `${each}-bin`),
    fc.uint8Array({ maxLength: 100 }),
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(text, bytes)), (metadata) => {
      const fields = encodeMetadata(metadata);
      for (const [, value] of fields) expect(value).toMatch(/^[ -~]*$/);
      expect(plain(decodeMetadata(fields))).toEqual(plain(metadata));
    }),
  );
});

test("bytes are written without padding and read with and without, several in a field", () => {
  expect(encodeMetadata([["a-bin", new Uint8Array([1])]])).toEqual([["a-bin", "AQ"]]);
  expect(plain(decodeMetadata([["a-bin", "AQ==,Ag,"]]))).toEqual([
    ["a-bin", [1]],
    ["a-bin", [2]],
    ["a-bin", []],
  ]);
});

test("the protocol's own fields are neither sent nor shown", () => {
  expect(
    decodeMetadata([
      [":path", "/a/b"],
      ["te", "trailers"],
      ["content-type", "application/grpc"],
      ["grpc-timeout", "1S"],
      ["user-agent", "grpc-go/1"],
      ["grpc-trace-bin", "AA"],
    ]).map(([name]) => name),
  ).toEqual(["user-agent", "grpc-trace-bin"]);
  expect(
    encodeMetadata([
      ["grpc-status", "0"],
      ["Connection", "close"],
      ["X-Mixed", "1"],
    ]),
  ).toEqual([["x-mixed", "1"]]);
});

test("what cannot be carried is refused without showing it", () => {
  expect(() => encodeMetadata([["bad name", "x"]])).toThrow("bad name");
  expect(() => encodeMetadata([["", "x"]])).toThrow("no name");
  expect(() => encodeMetadata([[":path", "x"]])).toThrow("no name");
  expect(() => encodeMetadata([["token", "se\ncret"]])).toThrow(/^(?!.*cret).*token/);
  expect(() => encodeMetadata([["a-bin", "text"]])).toThrow("a-bin");
  expect(() => encodeMetadata([["a", new Uint8Array()]])).toThrow("-bin");
});
