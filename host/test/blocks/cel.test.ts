import { describe, expect, test } from "vitest";

import { compileMatch } from "../../src/blocks/pubsub/cel.ts";

const event = {
  id: "5f-1",
  specversion: "1.0",
  type: "order.made.v2",
  source: "shop",
  subject: "eu/berlin",
  time: "2026-11-23T10:00:00Z",
  nothing: null,
  "a-b": 1,
  data: {
    amount: 42,
    price: 9.5,
    large: 1e300,
    below: -3,
    yes: true,
    no: false,
    name: "Żółć 🎩",
    text: "123",
    none: null,
    list: [1, 2.5, "x", null, { k: "v" }],
    tags: ["a", "b", "c"],
    items: [
      { sku: "A", n: 1 },
      { sku: "B", n: 5 },
    ],
    nested: { deep: { er: "yes" } },
    "with space": 1,
    constructor: "own",
    emptyList: [],
    emptyMap: {},
    wait: "90s",
  },
};

function outcome(expression: string): string {
  let match: ReturnType<typeof compileMatch>;
  try {
    match = compileMatch(expression);
  } catch {
    return "refused";
  }
  try {
    return String(match(event));
  } catch {
    return "fails";
  }
}

// What Dapr 1.18.2's own evaluator (cel-go) makes of the same expressions and the same event.
describe.each([
  [
    "is true",
    "true",
    [
      `event.type == "order.made.v2"`,
      `event.type == 'order.made.v2' && event.source == "shop"`,
      `event.missing == "y" || event.type == "order.made.v2"`,
      `event.type != "x" || event.missing == "y"`,
      `has(event.type) && event.type.startsWith("order.")`,
      `!has(event.missing)`,
      `has(event.nothing)`,
      `has(event.data.none)`,
      `"none" in event.data`,
      `event.data.none == null && event.nothing == event.data.none`,
      `event.data.amount == 42 && event.data.amount == 42.0 && event.data.amount == 42u`,
      `event.data.amount > 41 && event.data.amount < 42.5 && event.data.amount <= 42u`,
      `event.data.amount in [41, 42, 43]`,
      `[1, 42].exists(x, x == event.data.amount)`,
      `event.data.amount * 2.0 > 80.0`,
      `event.data.amount - event.data.below == 45.0`,
      `int(event.data.amount) % 2 == 0`,
      `int(event.data.price) == 9 && int(-9.99) == -9`,
      `string(event.data.price) == "9.5" && string(event.data.amount) == "42"`,
      `event.data.large > 1e299`,
      `event.data.yes`,
      `!event.data.no`,
      `event.data.name == "Żółć 🎩" && size(event.data.name) == 6`,
      `event.data.name.contains("🎩")`,
      `size(event.data.tags) > 2 && event.data.tags[0] == "a" && event.data.tags[0.0] == "a" && event.data.tags[0u] == "a"`,
      `"b" in event.data.tags && !("z" in event.data.tags) && "amount" in event.data`,
      `event["type"] == "order.made.v2" && event["a-b"] == 1 && event.data["with space"] == 1`,
      `event.data.constructor == "own" && !has(event.constructor) && !("toString" in event.data)`,
      `event.data.nested.deep.er == "yes" && event.data.nested == {"deep": {"er": "yes"}}`,
      `event.data.tags.map(t, t + "x") == ["ax", "bx", "cx"]`,
      `event.data.tags.filter(t, t > "a") == ["b", "c"]`,
      `event.data.tags.exists_one(t, t == "b") && event.data.tags.all(t, t.size() == 1)`,
      `event.data.items.exists(i, i.sku == "B" && i.n > 3)`,
      `event.data.list == [1, 2.5, "x", null, {"k": "v"}] && event.data.list[4].k == "v"`,
      `event.data.exists(k, k == "amount")`,
      `event.data.emptyList == [] && event.data.emptyMap == {} && size(event.data.emptyMap) == 0`,
      `event.type.matches("^order\\\\.[a-z]+\\\\.v[0-9]$")`,
      `event.type.matches("(?i)ORDER")`,
      `matches(event.type, "^order")`,
      `timestamp(event.time) < timestamp("2027-01-01T00:00:00Z")`,
      `timestamp(event.time).getFullYear() == 2026 && timestamp(event.time).getHours("Europe/Berlin") == 11`,
      `duration(event.data.wait) == duration("1m30s")`,
      `type(event.data.amount) == double && type(event.data) == map`,
      `int(event.data.text) == 123`,
      `event.subject.startsWith("eu/") ? event.data.amount > 1 : false`,
      `event.data.amount == 42 // what it is worth`,
      `event.data.missing || event.data.yes`,
      `event.specversion == "1.0"`,
    ],
  ],
  [
    "is false",
    "false",
    [
      `event.type == "x"`,
      `event.missing == "y" && event.type == "nope"`,
      `has(event.data.missing)`,
      `event.data.amount == "42"`,
      `event.data.amount == event.data.yes`,
      `type(event.data.amount) == int`,
      `event == null`,
      `event.data.items.all(i, i.n > 3)`,
      `event.data.missing && event.data.no`,
    ],
  ],
  [
    "fails for the event",
    "fails",
    [
      `event.missing == "y"`,
      `event.missing == "y" || event.type == "nope"`,
      `has(event.missing.deep)`,
      `event.data.amount + 1 == 43`,
      `event.data.amount % 2 == 0`,
      `event.data.amount > "x"`,
      `event.data.tags[5] == "a"`,
      `event.data.tags["0"] == "a"`,
      `event.data.none > 1`,
      `event.data.missing || event.data.no`,
      `event.data.yes && event.data.missing`,
      `event.type.matches("(")`,
      `int("x") == 1`,
      `other == 1`,
      `1 / 0 == 1`,
      `event.type`,
      `event.data.amount`,
    ],
  ],
  [
    "is refused before any event",
    "refused",
    [
      `event.type ==`,
      `event.type = "x"`,
      `(event.type == "x"`,
      `event..type`,
      `event.type === "x"`,
      `event.type == "x" and true`,
      `event.type.unknown()`,
      `unknownFunction(event.type)`,
      `event.data.items.exists(i, unknownFunction(i))`,
      `{"a": [unknownFunction(1)]}.a == []`,
      `event.type.lowerAscii() == "x"`,
      `has(event)`,
    ],
  ],
])("%s:", (_, expected, expressions) => {
  test.each(expressions)("%s", (expression) => {
    expect(outcome(expression)).toBe(expected);
  });
});

test("an expression of any depth is compiled or refused, never more", () => {
  const depth = 100_000;
  expect(outcome(`${"(".repeat(depth)}true${")".repeat(depth)}`)).toBe("refused");
  expect(outcome(Array(2000).fill("event.data.yes").join(" && "))).toBe("true");
});

test("regular expressions take time in proportion to the text", () => {
  const match = compileMatch(`event.text.matches("^(a+)+$")`);
  const startedAt = performance.now();
  expect(match({ text: `${"a".repeat(50_000)}!` })).toBe(false);
  expect(performance.now() - startedAt).toBeLessThan(2000);
});
