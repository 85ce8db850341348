import * as fc from "fast-check";
import { expect, test } from "vitest";
import { PreparedHeaders } from "../../src/http2/header-list.ts";
import { HeaderDecoder, HeaderEncoder } from "../../src/http2/hpack/index.ts";
import { arbitraryField, arbitraryFields } from "./fields.ts";

test("what one connection encodes, the other end decodes, whatever the order of prepared, other and table sizes", () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("prepared" as const), which: fc.nat(5) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("other" as const), fields: arbitraryFields }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("size" as const),
        bytes: fc.oneof(fc.nat(4_096), fc.constantFrom(0, 100, 65_536)),
      }),
    },
  );
  fc.assert(
    fc.property(
      fc.array(fc.array(arbitraryField, { maxLength: 8 }), { minLength: 6, maxLength: 6 }),
      fc.array(step, { maxLength: 60 }),
      (lists, steps) => {
        const prepared = lists.map((fields) => new PreparedHeaders(fields));
        const encoder = new HeaderEncoder();
        const decoder = new HeaderDecoder({ maxTableBytes: 65_536, maxListBytes: 1_000_000 });
        for (const step of steps) {
          if (step.kind === "size") {
            encoder.setMaxTableBytes(step.bytes);
            continue;
          }
          const headers = step.kind === "prepared" ? prepared[step.which]! : step.fields;
          const expected = step.kind === "prepared" ? lists[step.which]! : step.fields;
          expect(decoder.decode(encoder.encode(headers)).fields).toEqual(expected);
        }
      },
    ),
    { seed: 7541, numRuns: 300 },
  );
});

test("every character of a value comes back, as itself and in Huffman code", () => {
  const all = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).filter(
    (each) => !"\0\r\n".includes(each),
  );
  const fields = all.flatMap((character) => [
    ["x-one", character] as const,
    ["x-more", `aaaaaaaaaaaaaaaaaaaaaaaaaa${character}0000000000000000000`] as const,
  ]);
  const decoder = new HeaderDecoder({ maxListBytes: 1_000_000 });
  expect(decoder.decode(new HeaderEncoder().encode(fields)).fields).toEqual(fields);
  expect(decoder.decode(new HeaderEncoder().encode(new PreparedHeaders(fields))).fields).toEqual(fields);
});

test("integers and strings of every length", () => {
  const decoder = new HeaderDecoder({ maxListBytes: 10_000_000 });
  const encoder = new HeaderEncoder();
  for (const length of [0, 1, 31, 32, 33, 126, 127, 128, 254, 255, 256, 16_510, 16_511, 100_000, 2_200_000]) {
    const fields = [["x-long", "~".repeat(length)]] as const;
    expect(decoder.decode(encoder.encode(fields)).fields).toEqual(fields);
  }
});
