import { expect, test } from "vitest";
import { parseSettings } from "../src/settings.ts";

const parse = (text: string) => parseSettings(text, "conformance.yaml", "state", ["state/a-deleted-item-is-gone"]);

test("facts and known deviations are read", () => {
  const text = "facts:\n  ttlGranularityMs: 50\nknown:\n  state/a-deleted-item-is-gone: deletes happen at night\n";
  expect(parse(text)).toEqual({
    facts: { ttlGranularityMs: 50 },
    known: { "state/a-deleted-item-is-gone": "deletes happen at night" },
  });
  expect(parse("")).toEqual({ facts: {}, known: {} });
});

test("a mistake is said with its line, and with what was probably meant", () => {
  expect(() => parse("facts:\n  durable: false\n  ttlGranularity: 1\n")).toThrow(
    "conformance.yaml:3: there is no fact ttlGranularity; did you mean ttlGranularityMs?",
  );
  expect(() => parse("known:\n  state/a-deleted-item-is-gon: because it is so\n")).toThrow(
    "conformance.yaml:2: there is no case state/a-deleted-item-is-gon; did you mean state/a-deleted-item-is-gone?",
  );
  expect(() => parse("fact: {}\n")).toThrow("conformance.yaml:1: there is no section fact; did you mean facts?");
});

test("a known deviation needs a reason, and no switch turns a case off", () => {
  expect(() => parse("known:\n  state/a-deleted-item-is-gone: true\n")).toThrow("needs a reason in words");
  expect(() => parse("known:\n  state/a-deleted-item-is-gone: ''\n")).toThrow("needs a reason in words");
});

test("a fact has the type of its default", () => {
  expect(() => parse("facts:\n  durable: 1\n")).toThrow(
    "conformance.yaml:2: durable must be a boolean, but is a number",
  );
});
