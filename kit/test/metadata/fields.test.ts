import { describe, expect, expectTypeOf, test } from "vitest";
import { bool, choice, duration, integer, json, list, number, size, text, type Field } from "../../src/index.ts";

const description = "A field.";

describe("types follow the notes", () => {
  test("required or with a default is present, else it may be absent", () => {
    expectTypeOf(text({ description, required: true })).toEqualTypeOf<Field<string>>();
    expectTypeOf(text({ description, default: "" })).toEqualTypeOf<Field<string>>();
    expectTypeOf(text({ description })).toEqualTypeOf<Field<string | undefined>>();
    expectTypeOf(text({ description, required: true, direction: "output" })).toEqualTypeOf<Field<string | undefined>>();
    expectTypeOf(bool({ description, default: false })).toEqualTypeOf<Field<boolean>>();
    expectTypeOf(bool({ description })).toEqualTypeOf<Field<boolean | undefined>>();
    expectTypeOf(integer({ description, default: 1 })).toEqualTypeOf<Field<number>>();
    expectTypeOf(duration({ description })).toEqualTypeOf<Field<number | undefined>>();
    expectTypeOf(list({ description, default: [] })).toEqualTypeOf<Field<readonly string[]>>();
    expectTypeOf(choice({ description, allowedValues: ["map", "text"], default: "map" })).toEqualTypeOf<
      Field<"map" | "text">
    >();
    expectTypeOf(choice({ description, allowedValues: ["a", "b"] })).toEqualTypeOf<Field<"a" | "b" | undefined>>();
    expectTypeOf(json({ description, required: true })).toEqualTypeOf<Field<unknown>>();
    // @ts-expect-error a slip in a note's name is caught
    text({ description, requred: true });
    // @ts-expect-error a default must be one of the values
    choice({ description, allowedValues: ["map", "text"], default: "mapp" });
  });
});

const cases: readonly [string, Field<any>, readonly (readonly [text: string, value: unknown])[]][] = [
  [
    "text",
    text({ description }),
    [
      ["a", "a"],
      [" a ", " a "],
    ],
  ],
  [
    "bool, truthy words",
    bool({ description }),
    [
      ["true", true],
      ["Y", true],
      ["yes", true],
      ["T", true],
      ["ON", true],
      ["1", true],
      ["false", false],
      ["n", false],
      ["No", false],
      ["f", false],
      ["off", false],
      ["0", false],
      ["treu", Error],
      ["2", Error],
    ],
  ],
  [
    "bool, ParseBool",
    bool({ description, words: "strict" }),
    [
      ["1", true],
      ["t", true],
      ["T", true],
      ["TRUE", true],
      ["true", true],
      ["True", true],
      ["0", false],
      ["f", false],
      ["F", false],
      ["FALSE", false],
      ["false", false],
      ["False", false],
      ["yes", Error],
      ["tRUE", Error],
      ["on", Error],
    ],
  ],
  [
    "integer",
    integer({ description, min: -1, max: 10 }),
    [
      ["0", 0],
      ["+7", 7],
      [" 10 ", 10],
      ["-1", -1],
      ["11", Error],
      ["-2", Error],
      ["1.0", Error],
      ["010", Error],
      ["1e1", Error],
      ["9007199254740993", Error],
      ["ten", Error],
    ],
  ],
  [
    "number",
    number({ description }),
    [
      ["1.5", 1.5],
      ["-.5", -0.5],
      ["1e3", 1000],
      ["0x10", Error],
      ["Infinity", Error],
      ["1e999", Error],
      ["NaN", Error],
    ],
  ],
  [
    "duration, bare seconds",
    duration({ description }),
    [
      ["5", 5000],
      ["-1", -1000],
      ["0", 0],
      ["5s", 5000],
      ["1h2m", 3_720_000],
      ["1.5s", 1500],
      [".5s", 500],
      ["1.s", 1000],
      ["3us", 0.003],
      ["3\u00b5s", 0.003],
      ["3\u03bcs", 0.003],
      ["7ns", 0.000007],
      ["250ms", 250],
      ["-2m", -120_000],
      ["+1s", 1000],
      ["1h1h", 7_200_000],
      ["5 s", Error],
      ["s", Error],
      [".s", Error],
      ["1d", Error],
      ["1h2", Error],
      ["--1s", Error],
      ["1.5", Error],
      ["9999999h", Error],
      ["PT5S", Error],
    ],
  ],
  [
    "duration, bare milliseconds",
    duration({ description, bareInteger: "milliseconds", min: "0s" }),
    [
      ["5", 5],
      ["5s", 5000],
      ["-5", Error],
    ],
  ],
  [
    "size",
    size({ description }),
    [
      ["512", 512],
      ["100Mi", 104_857_600],
      ["1.5Ki", 1536],
      ["2k", 2000],
      ["1e3", 1000],
      ["1E3", 1000],
      ["1E", Error],
      ["500m", 1],
      ["0.1k", 100],
      ["4Gi", 4 * 2 ** 30],
      ["-1", -1],
      ["10MB", Error],
      ["Mi", Error],
      ["1 Gi", Error],
    ],
  ],
  [
    "list",
    list({ description }),
    [
      ["a", ["a"]],
      ["a, b ,,c ", ["a", "b", "c"]],
    ],
  ],
  [
    "choice",
    choice({ description, allowedValues: ["map", "text"] }),
    [
      ["map", "map"],
      ["Map", Error],
    ],
  ],
  [
    "choice, any case",
    choice({ description, allowedValues: ["RenegotiateNever"], ignoreCase: true }),
    [["renegotiatenever", "RenegotiateNever"]],
  ],
  [
    "json",
    json({ description }),
    [
      ['{"a":[1]}', { a: [1] }],
      ["{", Error],
    ],
  ],
  ["json with a reader", json({ description, read: Number }), [['"7"', 7]]],
];

describe.each(cases)("%s", (_, field, rows) => {
  test.each(rows)("%j gives %j", (given, wanted) => {
    if (wanted === Error) expect(() => field.parse(given)).toThrow(/^must be /);
    else expect(field.parse(given)).toEqual(wanted);
  });
});

test("defaults are given as text and read by the field's own rules", () => {
  expect(duration({ description, default: "1m30s" })).toMatchObject({ default: 90_000, defaultText: "1m30s" });
  expect(size({ description, default: "4Mi" })).toMatchObject({ default: 4_194_304, defaultText: "4Mi" });
  expect(list({ description, default: ["a", "b"] })).toMatchObject({ default: ["a", "b"], defaultText: "a,b" });
  expect(() => duration({ description, default: "soon" })).toThrow();
});

test("long hostile digits are refused in no time", () => {
  const digits = "1".repeat(100_000);
  const started = performance.now();
  for (const field of [duration({ description }), size({ description }), number({ description })]) {
    expect(() => field.parse(`${digits}x`)).toThrow();
  }
  expect(performance.now() - started).toBeLessThan(500);
});
