import { describe, expect, test } from "vitest";
import { PreparedHeaders } from "../../src/http2/header-list.ts";
import { HeaderDecoder, HeaderEncoder } from "../../src/http2/hpack/index.ts";

const hexadecimal = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const request = (): PreparedHeaders =>
  new PreparedHeaders([
    [":method", "POST"],
    [":scheme", "http"],
    [":path", "/a.Service/Method"],
    ["content-type", "application/grpc"],
    ["te", "trailers"],
  ]);

describe("prepared headers", () => {
  test("are a byte a field from the third time on, and the very same bytes", () => {
    const encoder = new HeaderEncoder();
    const headers = request();
    const [, , third, fourth] = [1, 2, 3, 4].map(() => encoder.encode(headers));
    expect(hexadecimal(third!)).toBe("8386c0bfbe");
    expect(fourth).toBe(third);
  });

  test("are encoded anew when others moved the table", () => {
    const encoder = new HeaderEncoder();
    const [one, two] = [request(), new PreparedHeaders([["x-other", "1"]])];
    for (const headers of [one, one, one, two, two]) encoder.encode(headers);
    expect(hexadecimal(encoder.encode(one))).toBe("8386c1c0bf");
  });

  test("never push anything out of a full table", () => {
    const encoder = new HeaderEncoder();
    const decoder = new HeaderDecoder({ maxListBytes: 100_000 });
    const many = Array.from({ length: 200 }, (_, index) => new PreparedHeaders([[`x-${index}`, "some value"]]));
    for (const headers of [...many, ...many, ...many])
      expect(decoder.decode(encoder.encode(headers)).fields).toEqual(headers.fields);
    const kept = many.map((headers) => encoder.encode(headers));
    many.forEach((headers, index) => expect(encoder.encode(headers)).toBe(kept[index]));
    const pointers = kept.filter(({ length }) => length <= 2).length;
    expect(pointers).toBeGreaterThan(80);
    expect(pointers).toBeLessThan(90);
  });

  test("of any number are remembered within bounds", () => {
    const encoder = new HeaderEncoder();
    const first = request();
    for (let time = 0; time < 3; time++) encoder.encode(first);
    const bytes = encoder.encode(first);
    for (let index = 0; index < 1_000; index++) encoder.encode(new PreparedHeaders([["x-id", String(index)]]));
    expect(encoder.encode(first)).not.toBe(bytes);
    expect(encoder.encode(first)).toEqual(bytes);
  });
});

describe("the peer's table size", () => {
  test("zero: nothing enters the table, and the first block says so", () => {
    const encoder = new HeaderEncoder();
    encoder.setMaxTableBytes(0);
    const headers = request();
    expect(encoder.encode(headers)[0]).toBe(0x20);
    encoder.encode(headers);
    const bytes = encoder.encode(headers);
    const decoder = new HeaderDecoder({ maxTableBytes: 0 });
    expect(decoder.decode(bytes).fields).toEqual(headers.fields);
    expect(encoder.encode(headers)).toBe(bytes);
  });

  test("lower than what is in it: begins again, and says the smallest and the last", () => {
    const encoder = new HeaderEncoder();
    const decoder = new HeaderDecoder();
    const headers = request();
    for (let time = 0; time < 3; time++) decoder.decode(encoder.encode(headers));
    encoder.setMaxTableBytes(50);
    encoder.setMaxTableBytes(2_000);
    const block = encoder.encode(headers);
    expect(hexadecimal(block.subarray(0, 4))).toBe("203fb10f");
    expect(decoder.decode(block).fields).toEqual(headers.fields);
    for (let time = 0; time < 3; time++) expect(decoder.decode(encoder.encode(headers)).fields).toEqual(headers.fields);
    expect(hexadecimal(encoder.encode(headers))).toBe("8386c0bfbe");
  });

  test("larger than ours changes nothing, back to where it was is said", () => {
    const encoder = new HeaderEncoder();
    encoder.setMaxTableBytes(1_000_000);
    expect(hexadecimal(encoder.encode([[":method", "GET"]]))).toBe("82");
    encoder.setMaxTableBytes(100);
    encoder.setMaxTableBytes(4_096);
    expect(hexadecimal(encoder.encode([[":method", "GET"]]))).toBe("3f453fe11f82");
    expect(hexadecimal(encoder.encode([[":method", "GET"]]))).toBe("82");
  });
});

describe("secrets", () => {
  test.each([
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "dapr-api-token",
    "x-api-key",
    "password",
  ])("%s is never indexed", (name) => {
    const encoder = new HeaderEncoder();
    const headers = new PreparedHeaders([[name, "hush"]]);
    for (let time = 0; time < 3; time++) {
      expect(encoder.encode([[name, "hush"]])[0]! & 0xf0).toBe(0x10);
      expect(encoder.encode(headers)[0]! & 0xf0).toBe(0x10);
    }
  });

  test("others are", () => {
    const encoder = new HeaderEncoder();
    expect(encoder.encode([["x-tokens", "7"]])[0]).toBe(0);
  });
});

describe("what may not be sent", () => {
  test.each([
    ["Upper", "x"],
    ["", "x"],
    ["a b", "x"],
    ["a:b", "x"],
    ["x", "a\nb"],
    ["x", "a\rb"],
    ["x", "a\0b"],
    ["x", "€"],
  ])("%j: %j is the caller's mistake, and leaves the table as it was", (name, value) => {
    const encoder = new HeaderEncoder();
    const good = request();
    const bad = new PreparedHeaders([...good.fields, [name, value]]);
    encoder.setMaxTableBytes(3_000);
    for (let time = 0; time < 3; time++) {
      expect(() => encoder.encode(bad)).toThrow(TypeError);
      expect(() => encoder.encode(bad.fields)).toThrow(TypeError);
    }
    const decoder = new HeaderDecoder();
    for (let time = 0; time < 3; time++) expect(decoder.decode(encoder.encode(good)).fields).toEqual(good.fields);
  });
});
