import { describe, expect, test } from "vitest";

import { cutMembers, endOfValue } from "../../src/blocks/json-cut.ts";

describe("members of an object, as they stand", () => {
  test.each([
    ["{}", {}],
    [' { "a" : 1 } ', { a: "1" }],
    ['{"a":{"b":[1,{"c":"}"}],"d":{}},"e":[]}', { a: '{"b":[1,{"c":"}"}],"d":{}}', e: "[]" }],
    ['{"a":"x\\"y","b":"\\\\","c":"\\\\\\"","d":1}', { a: '"x\\"y"', b: '"\\\\"', c: '"\\\\\\""', d: "1" }],
    ['{"a":1.50e+10,"b":true,"c":null,"d":-0}', { a: "1.50e+10", b: "true", c: "null", d: "-0" }],
    ['{"a":1,"a":{"x":2}}', { a: '{"x":2}' }],
    ['{"\\u0061\\"":1,"é":"é"}', { 'a"': "1", é: '"é"' }],
    ['{\n\t"a"\r:\n[ 1 , 2 ]\n,"b":3}', { a: "[ 1 , 2 ]", b: "3" }],
    ["[1]", {}],
  ])("%s", (json, members) => {
    const bytes = Buffer.from(json);
    const cuts = [...cutMembers(bytes)].map(([name, { start, end }]) => [name, bytes.toString("utf8", start, end)]);
    expect(Object.fromEntries(cuts)).toEqual(members);
    const parsed: unknown = JSON.parse(json);
    if (!Array.isArray(parsed)) {
      expect(cuts.map(([name, value]) => [name, JSON.parse(value!)])).toEqual(Object.entries(parsed as object));
    }
  });
});

test.each([
  ['{"a":{}} more', 8],
  ['["]"]x', 5],
  ['"a\\"b"c', 6],
  ["12,", 2],
  ["true}", 4],
])("the first value of %s ends at %i", (json, end) => {
  expect(endOfValue(Buffer.from(json), 0)).toBe(end);
});

test.each(["{", '{"a', '{"a":', '{"a":[', '"', "[[", '{"a":"x'])("broken JSON (%s) does not hold it up", (json) => {
  expect(cutMembers(Buffer.from(json)).size).toBeLessThanOrEqual(1);
  expect(endOfValue(Buffer.from(json), 0)).toBeLessThanOrEqual(json.length);
});
