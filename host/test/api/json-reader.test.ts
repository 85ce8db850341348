import { describe, expect, test } from "vitest";

import { compactJson } from "../../src/api/json/compact.ts";
import { encodeJson } from "../../src/api/json/escape.ts";
import { JsonReader } from "../../src/api/json/reader.ts";

function canonical(json: string | Uint8Array): string {
  const reader = new JsonReader(typeof json === "string" ? Buffer.from(json) : json, "stream");
  const value = reader.canonical({ type: "float64" });
  reader.finish();
  return Buffer.from(value).toString();
}

function problemOf(json: string): string | undefined {
  try {
    canonical(json);
  } catch (error) {
    return (error as Error).message;
  }
  return undefined;
}

describe("the canonical form", () => {
  test.each([
    // Keys sorted by code point, the last of equal ones kept.
    ['{"b":1,"a":2}', '{"a":2,"b":1}'],
    ['{"b":{"z":1,"y":[{"d":1,"c":2}]},"a":2}', '{"a":2,"b":{"y":[{"c":2,"d":1}],"z":1}}'],
    ['{"a":1,"a":{"x":2}}', '{"a":{"x":2}}'],
    ['{"a":1,"\\u0061":2}', '{"a":2}'],
    ['{"😀":1,"\uffee":2}', '{"\uffee":2,"😀":1}'],
    ['{"10":1,"9":2,"":3}', '{"":3,"10":1,"9":2}'],
    ['{"__proto__":{"a":1}}', '{"__proto__":{"a":1}}'],
    ['{"b":1,"ab":2,"a":3}', '{"a":3,"ab":2,"b":1}'],
    ['{"a b":1,"a":2}', '{"a":2,"a b":1}'],
    // Blanks outside strings.
    [' { "a" : [ 1 , 2 ] } ', '{"a":[1,2]}'],
    ['"a b"', '"a b"'],
    ["[]", "[]"],
    ["[ ]", "[]"],
    // Numbers pass through a float.
    ["1.0", "1"],
    ["-0", "-0"],
    ["-0.0", "-0"],
    ["1e5", "100000"],
    ["1E+2", "100"],
    ["1e20", "100000000000000000000"],
    ["1e21", "1e+21"],
    ["1e-6", "0.000001"],
    ["1e-7", "1e-7"],
    ["9007199254740993", "9007199254740992"],
    ["123456789012345678", "123456789012345680"],
    ["1e-400", "0"],
    ["5e-324", "5e-324"],
    // Strings.
    ['"<b>&"', '"\\u003cb\\u003e\\u0026"'],
    ['"\\u003c"', '"\\u003c"'],
    ['"\\/"', '"/"'],
    ['"\\u0041\\u00e9"', '"Aé"'],
    ['"\\b\\f\\n\\r\\t\\"\\\\"', '"\\b\\f\\n\\r\\t\\"\\\\"'],
    ['"\\u0008\\u000c\\u000a"', '"\\b\\f\\n"'],
    ['"\\u0000\\u001f\\u007f"', '"\\u0000\\u001f\x7f"'],
    ['"\u2028\\u2029"', '"\\u2028\\u2029"'],
    ['"\\ud83d\\ude00"', '"😀"'],
    ['"\\ud800"', '"\ufffd"'],
    ['"\\ud800\\u0041"', '"\ufffdA"'],
    ['"\\ud800\\ud83d\\ude00"', '"\ufffd😀"'],
    ['"é😀"', '"é😀"'],
    ["null", "null"],
    ["true", "true"],
  ])("of %s is %s", (json, wanted) => {
    expect(canonical(json)).toBe(wanted);
  });

  test("replaces each byte that is no UTF-8", () => {
    expect(canonical(Buffer.from([0x22, 0xff, 0xe2, 0x82, 0x41, 0x22]))).toBe('"\ufffd\ufffd\ufffdA"');
  });

  test("does not copy a value that came in it", () => {
    const body = Buffer.from('[{"a":1,"b":[true,null,"é"]}]');
    const reader = new JsonReader(body, "stream");
    reader.array({ type: "list" }, () => {
      const value = reader.canonical({ type: "float64" });
      expect(value.buffer).toBe(body.buffer);
      expect(Buffer.from(value).toString()).toBe('{"a":1,"b":[true,null,"é"]}');
    });
  });

  test("takes a large value with every kind of change in it", () => {
    const items = Array.from({ length: 20_000 }, (_, index) => ({ z: `<${index}>`, a: index / 7 }));
    const wanted = `[${items.map(({ z, a }) => `{"a":${a},"z":${encodeJson(z)}}`).join(",")}]`;
    expect(canonical(JSON.stringify(items))).toBe(wanted);
  });

  test("takes values nested ten thousand deep, and no deeper", () => {
    const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
    expect(canonical(nested(10_000))).toBe(nested(10_000));
    expect(canonical(`${'{"b":1,"a":'.repeat(9_999)}1${"}".repeat(9_999)}`)).toHaveLength(9_999 * 12 + 1);
    expect(() => canonical(nested(10_001))).toThrow("exceeded max depth");
  });
});

describe("syntax errors in Dapr's words", () => {
  test.each([
    ["", "EOF"],
    [" \n", "EOF"],
    ["[", "unexpected EOF"],
    ['{"a"', "unexpected EOF"],
    ['"abc', "unexpected EOF"],
    ["tru", "unexpected EOF"],
    ["-", "unexpected EOF"],
    ["foobar", "invalid character 'o' in literal false (expecting 'a')"],
    ["x", "invalid character 'x' looking for beginning of value"],
    ["[1,]", "invalid character ']' looking for beginning of value"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ["{a:1}", "invalid character 'a' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
    ["[1 2]", "invalid character '2' after array element"],
    ["[01]", "invalid character '1' after array element"],
    ["-a", "invalid character 'a' in numeric literal"],
    ["1.a", "invalid character 'a' after decimal point in numeric literal"],
    ["1ea", "invalid character 'a' in exponent of numeric literal"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['"\\u00g0"', "invalid character 'g' in \\u hexadecimal character escape"],
    ['"a\nb"', "invalid character '\\n' in string literal"],
    ['"a\u0000b"', "invalid character '\\x00' in string literal"],
    ["'a'", "invalid character '\\'' looking for beginning of value"],
    ["é", "invalid character 'Ã' looking for beginning of value"],
  ])("%j", (json, message) => {
    expect(problemOf(json)).toBe(message);
  });

  test("a whole text allows nothing behind its value", () => {
    const read = (json: string): void => {
      const reader = new JsonReader(Buffer.from(json), "text");
      reader.skip();
      reader.finish();
    };
    expect(() => read("{} x")).toThrow("invalid character 'x' after top-level value");
    expect(() => read("{")).toThrow("unexpected end of JSON input");
    expect(() => read(" {} \n")).not.toThrow();
  });

  test("a number that no float holds is a wrong type", () => {
    expect(() => canonical("[1e400]")).toThrow("json: cannot unmarshal number 1e400 into Go value of type float64");
  });
});

test("values inside other JSON lose blanks and get escapes, nothing else", () => {
  expect(compactJson(Buffer.from('{"b": 1.0,\n "a": "< \\u0041"}'))).toBe('{"b":1.0,"a":"\\u003c \\u0041"}');
  expect(compactJson(Buffer.from("plain text"))).toBeUndefined();
  expect(compactJson(Buffer.from('{"a":1} x'))).toBeUndefined();
});

test("maps are printed with sorted keys, also those that look like numbers", () => {
  expect(
    encodeJson(
      new Map([
        ["b", "<"],
        ["10", "x"],
        ["9", "y"],
      ]),
    ),
  ).toBe('{"10":"x","9":"y","b":"\\u003c"}');
});
