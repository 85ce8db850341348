import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  choice,
  ComponentError,
  decodeMetadata,
  defineStateStore,
  duration,
  durationMs,
  integer,
  list,
  nearest,
  sizeBytes,
  text,
} from "../../src/index.ts";
import { editDistance } from "../../src/metadata/nearest.ts";

const definition = defineStateStore({
  type: "state.example",
  version: "v1",
  status: "alpha",
  title: "Example",
  description: "For tests.",
  placement: "in-process",
  features: [],
  metadata: {
    host: text({ description: "Host.", required: true, aliases: ["address"] }),
    password: text({ description: "Password.", sensitive: true, default: "" }),
    pin: integer({ description: "Pin.", sensitive: true }),
    hosts: list({ description: "Hosts." }),
    mode: choice({ description: "Mode.", allowedValues: ["map", "text"], default: "map", sensitive: true }),
    timeout: duration({ description: "Timeout.", default: "5s" }),
  },
  open: () => Promise.reject(new Error("not opened here")),
});

/** The name with the case of each letter as the bits say. */
const anyCase = (name: string) =>
  fc.array(fc.boolean(), { minLength: name.length, maxLength: name.length }).map((upper) =>
    name
      .split("")
      .map((letter, index) => (upper[index] ? letter.toUpperCase() : letter.toLowerCase()))
      .join(""),
  );

describe("metadata", () => {
  test("decodes whatever the case of its names", () => {
    fc.assert(
      fc.property(anyCase("host"), anyCase("timeout"), fc.string({ minLength: 1 }), (host, timeout, value) => {
        fc.pre(value.trim() !== "");
        expect(decodeMetadata(definition, { [host]: value, [timeout]: "7s" })).toMatchObject({
          host: value,
          timeout: 7000,
        });
      }),
    );
  });

  test("is either decoded or refused with problems that have names; nothing else is thrown, and no secret is told", () => {
    const names = fc.oneof(
      fc.constantFrom("host", "password", "pin", "mode", "timeout", "hosts", "Host", "hots"),
      fc.string(),
    );
    const secret = fc.stringMatching(/^[g-z]{12}$/);
    fc.assert(
      fc.property(fc.dictionary(names, fc.string()), secret, (properties, value) => {
        try {
          decodeMetadata(definition, { ...properties, pin: value, mode: value }, { environment: {} });
          expect.unreachable();
        } catch (error) {
          if (!ComponentError.is(error)) throw error;
          expect(error.code).toBe("invalid-metadata");
          expect(error.problems?.length).toBeGreaterThanOrEqual(2);
          expect(JSON.stringify([error.message, error.problems])).not.toContain(value);
        }
      }),
    );
  });
});

const units = [
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
  ["ms", 1],
] as const;

test("a duration is the sum of its parts", () => {
  const parts = fc.array(fc.tuple(fc.nat(999), fc.constantFrom(...units)), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(parts, fc.boolean(), (given, negative) => {
      const body = given.map(([amount, [unit]]) => `${amount}${unit}`).join("");
      const sum = given.reduce((total, [amount, [, unitMs]]) => total + amount * unitMs, 0);
      expect(durationMs(`${negative ? "-" : ""}${body}`)).toBe(negative && sum !== 0 ? -sum : sum);
    }),
  );
});

test("no text makes a parser do anything but answer or say what it must be", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[-+0-9.a-zA-Zµ]*$/)), (given) => {
      for (const parse of [durationMs, sizeBytes]) {
        try {
          expect(Number.isFinite(parse(given))).toBe(true);
        } catch (error) {
          expect((error as Error).message).toMatch(/^must be /);
        }
      }
    }),
  );
});

test("the distance of two words is a distance", () => {
  const word = fc.stringMatching(/^[a-c]{0,6}$/);
  fc.assert(
    fc.property(word, word, (left, right) => {
      const distance = editDistance(left, right);
      expect(distance).toBe(editDistance(right, left));
      expect(distance === 0).toBe(left === right);
      expect(distance).toBeLessThanOrEqual(Math.max(left.length, right.length));
      expect(distance).toBeGreaterThanOrEqual(Math.abs(left.length - right.length));
    }),
  );
});

test("one slip in a long name is always found", () => {
  const names = ["redisHost", "redisPassword", "maxRetryBackoff", "idleCheckFrequency", "enableTLS"];
  const slip = fc.tuple(fc.constantFrom(...names), fc.nat(), fc.constantFrom("drop", "double", "swap"));
  fc.assert(
    fc.property(slip, ([name, at, how]) => {
      const index = at % (name.length - 1);
      const [first, second] = [name[index]!, name[index + 1]!];
      const middle = { drop: second, double: first + first + second, swap: second + first }[how];
      expect(nearest(name.slice(0, index) + middle + name.slice(index + 2), names)).toBe(name);
    }),
  );
});
