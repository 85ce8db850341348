import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ErrorCode, Http2Error } from "../../src/http2/http2-error.ts";
import { HeaderDecoder, HeaderEncoder } from "../../src/http2/hpack/index.ts";
import { bytesOf } from "./bytes.ts";
import { arbitraryFields } from "./fields.ts";

const refused = (run: () => unknown, what: RegExp): void => {
  let thrown: unknown;
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(Http2Error);
  expect(thrown).toMatchObject({ code: ErrorCode.COMPRESSION_ERROR, source: "local" });
  expect((thrown as Error).message).toMatch(what);
};

describe("a block that is no HPACK", () => {
  test.each([
    ["80", /no field with the index 0/],
    ["c0", /no field with the index 64/],
    ["be", /no field with the index 62/],
    ["7f00016101", /no field with the index 63/],
    ["ff", /ends within an integer/],
    ["ffffffffff7f", /integer is too large/],
    ["ff8080808000", /integer is too large/],
    ["40", /ends within a field/],
    ["400a6162", /ends within a string/],
    ["4001", /ends within a string/],
    ["400161", /ends within a field/],
    ["40016101", /ends within a string/],
    // 4.2: behind a field.
    ["8220", /size update stands behind/],
    // 6.3: more than the settings say.
    ["3fe21f", /more than the settings allow/],
    // 5.2: eight bits of padding, padding of zeros, the end of string itself.
    ["0085f2b24a84ff 8449509fff", /wrong padding/],
    ["008118 00", /wrong padding/],
    ["0084ffffffff00", /end-of-string/],
    ["0087fffffffffcffff00", /end-of-string/],
  ])("%s", (hexadecimal, what) => {
    refused(() => new HeaderDecoder().decode(bytesOf(hexadecimal)), what);
  });

  test("whatever the bytes, nothing but that error comes out", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 5 }), (blocks) => {
        const decoder = new HeaderDecoder();
        for (const block of blocks) {
          try {
            decoder.decode(block);
          } catch (error) {
            expect(error).toBeInstanceOf(Http2Error);
            expect(error).toMatchObject({ code: ErrorCode.COMPRESSION_ERROR });
            return;
          }
        }
      }),
      { seed: 1, numRuns: 5_000 },
    );
  });

  test("one that is cut short or has a byte changed is refused, or is some other list", () => {
    fc.assert(
      fc.property(arbitraryFields, fc.nat(), fc.nat(255), fc.boolean(), (fields, at, byte, cut) => {
        const block = Buffer.from(new HeaderEncoder().encode(fields));
        if (block.length === 0) return;
        const place = at % block.length;
        block[place] = byte;
        try {
          new HeaderDecoder({ maxListBytes: 100_000 }).decode(cut ? block.subarray(0, place) : block);
        } catch (error) {
          expect(error).toBeInstanceOf(Http2Error);
        }
      }),
      { seed: 2, numRuns: 2_000 },
    );
  });
});

describe("the table's size", () => {
  test("is the peer's to choose up to what was announced", () => {
    const decoder = new HeaderDecoder({ maxTableBytes: 100 });
    // Before the acknowledgement the protocol's own 4,096 hold.
    decoder.decode(bytesOf("3fe11f 4001610162"));
    decoder.settingsAcknowledged();
    refused(() => decoder.decode(bytesOf("3fe11f")), /more than the settings allow/);
    refused(
      () => new HeaderDecoder({ maxTableBytes: 8_192 }).decode(bytesOf("3fe23f")),
      /more than the settings allow/,
    );
    new HeaderDecoder({ maxTableBytes: 8_192 }).decode(bytesOf("3fe13f"));
  });

  test("must be made smaller by the block behind the acknowledgement", () => {
    const silent = new HeaderDecoder({ maxTableBytes: 0 });
    silent.settingsAcknowledged();
    refused(() => silent.decode(bytesOf("82")), /as small as the settings want/);
    const right = new HeaderDecoder({ maxTableBytes: 0 });
    right.decode(bytesOf("82"));
    right.settingsAcknowledged();
    expect(right.decode(bytesOf("2082")).fields).toEqual([[":method", "GET"]]);
    expect(right.decode(bytesOf("82")).fields).toEqual([[":method", "GET"]]);
    // Nothing fits into it any more, and that is no error.
    right.decode(bytesOf("4001610162"));
    refused(() => right.decode(bytesOf("be")), /no field/);
  });

  test("is kept to: the oldest fields go", () => {
    const decoder = new HeaderDecoder();
    // Room for two fields of 34 bytes.
    decoder.decode(bytesOf("3f25 4001610131 4001620132 4001630133"));
    expect(decoder.decode(bytesOf("bebf")).fields).toEqual([
      ["c", "3"],
      ["b", "2"],
    ]);
    refused(() => decoder.decode(bytesOf("c0")), /no field with the index 64/);
  });

  test("a field larger than the table empties it", () => {
    const decoder = new HeaderDecoder();
    decoder.decode(bytesOf("3f25 4001610131"));
    decoder.decode(Buffer.concat([bytesOf("4001617f00"), Buffer.alloc(127, "x")]));
    refused(() => decoder.decode(bytesOf("be")), /no field/);
  });

  test("a literal may take the name of the field that it evicts", () => {
    const decoder = new HeaderDecoder();
    decoder.decode(bytesOf("3f05 4001610131"));
    expect(decoder.decode(bytesOf("7e0132")).fields).toEqual([["a", "2"]]);
    expect(decoder.decode(bytesOf("be")).fields).toEqual([["a", "2"]]);
  });
});

describe("a list over the limit", () => {
  test("holds what came before, and leaves the table in step", () => {
    const decoder = new HeaderDecoder({ maxListBytes: 100 });
    const list = decoder.decode(bytesOf("4001610131 4001620132 4001630133 4001640134"));
    expect(list.tooLarge).toBe(true);
    expect(list.fields).toEqual([
      ["a", "1"],
      ["b", "2"],
    ]);
    expect(decoder.decode(bytesOf("be c1")).fields).toEqual([
      ["d", "4"],
      ["a", "1"],
    ]);
  });

  test("a bomb of 16,000 references to a field of 4,000 bytes keeps three of them", () => {
    const decoder = new HeaderDecoder({ maxListBytes: 16_384 });
    const large = Buffer.concat([bytesOf("400161 7fa11e"), Buffer.alloc(4_000, "x")]);
    decoder.decode(large);
    const list = decoder.decode(Buffer.alloc(16_000, 0xbe));
    expect(list.tooLarge).toBe(true);
    expect(list.fields.length).toBe(4);
    expect(list.fields[0]![1]).toBe(list.fields[3]![1]);
  });
});

describe("blocks that come again", () => {
  const request = "828684 be bf";
  const known = (): HeaderDecoder => {
    const decoder = new HeaderDecoder();
    decoder.decode(bytesOf("4001610131 4001620132"));
    return decoder;
  };

  test("give the very same list, while the table is the same", () => {
    const decoder = known();
    const [, second, third] = [1, 2, 3].map(() => decoder.decode(bytesOf(request)));
    expect(third).toBe(second);
    decoder.decode(bytesOf("4001630133"));
    const moved = decoder.decode(bytesOf(request));
    expect(moved.fields.slice(3)).toEqual([
      ["c", "3"],
      ["b", "2"],
    ]);
    decoder.decode(bytesOf("20"));
    refused(() => decoder.decode(bytesOf(request)), /no field/);
  });

  test("that do not point into the table give it whatever happens there", () => {
    const decoder = known();
    const block = "828684 0001610131";
    decoder.decode(bytesOf(block));
    const kept = decoder.decode(bytesOf(block));
    decoder.decode(bytesOf("4001630133"));
    expect(decoder.decode(bytesOf(block))).toBe(kept);
  });

  test("that change the table are decoded each time", () => {
    const decoder = known();
    for (let time = 0; time < 3; time++) decoder.decode(bytesOf("4001610133"));
    expect(decoder.decode(bytesOf("bebfc0c1")).fields.map(([, value]) => value)).toEqual(["3", "3", "3", "2"]);
  });

  test("take no more memory than the bound, however many there are", () => {
    const decoder = new HeaderDecoder({ maxCacheBytes: 4_096 });
    const blocks = Array.from({ length: 2_000 }, (_, index) => {
      const value = String(index).padStart(200, "0");
      return Buffer.concat([bytesOf("000161 7f49"), Buffer.from(value)]);
    });
    const lists = blocks.map((block) => (decoder.decode(block), decoder.decode(block)));
    const kept = blocks.filter((block, index) => decoder.decode(block) === lists[index]).length;
    // 204 bytes of block and 233 of list each.
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThanOrEqual(Math.floor(4_096 / 437));
  });
});
