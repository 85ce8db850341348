import { expect, test } from "vitest";
import { parseComponentFile } from "../src/cli/component-file.ts";
import { splitWords } from "../src/cli/split-words.ts";

const parse = (text: string, name?: string, environment = {}) => parseComponentFile(text, "c.yaml", name, environment);

const head = "kind: Component\nmetadata:\n  name: orders\nspec:\n  type: state.redis\n";

test("metadata are texts, whatever YAML takes them for", () => {
  const { properties } = parse(
    `${head}  version: v1\n  metadata:\n    - {name: port, value: 6379}\n    - {name: tls, value: true}\n    - {name: none, value: ""}\n    - {name: list, value: [a, 1]}\n`,
  );
  expect(properties).toEqual({ port: "6379", tls: "true", none: "", list: '["a",1]' });
});

test("envRef is read from the environment", () => {
  const text = `${head}  metadata:\n    - {name: password, envRef: REDIS_PASSWORD}\n`;
  expect(parse(text, undefined, { REDIS_PASSWORD: "s" }).properties).toEqual({ password: "s" });
  expect(() => parse(text)).toThrow("c.yaml:7: password: the environment variable REDIS_PASSWORD is not set");
});

test("every mistake is said with its line", () => {
  const text = `kind: Component\nmetadata: {}\nspec:\n  type: lock.redis\n  metadata:\n    - {value: 1}\n    - {name: a}\n    - {name: b, secretKeyRef: {name: x}}\n`;
  let message = "";
  try {
    parse(text);
  } catch (error) {
    message = (error as Error).message;
  }
  expect(message.split("\n")).toEqual([
    "c.yaml:1: metadata.name is missing",
    "c.yaml:4: lock.redis is none of state, pubsub, bindings, secretstores, which this suite knows",
    "c.yaml:6: an item of spec.metadata needs a name",
    "c.yaml:7: a: it has neither value nor envRef",
    "c.yaml:8: b: secretKeyRef needs a secret store, which the suite has not; use envRef or a value",
  ]);
  expect(() => parse("kind: [")).toThrow(/^c\.yaml:\d+: /);
  expect(() => parse("kind: Subscription\n")).toThrow("c.yaml: there is no resource of kind Component");
});

test("of several components one is named", () => {
  const two = `${head}---\n${head.replace("orders", "carts")}`;
  expect(() => parse(two)).toThrow("c.yaml: it holds orders, carts; say which one with --name");
  expect(parse(two, "carts").name).toBe("carts");
  expect(() => parse(two, "users")).toThrow("c.yaml: there is no Component users");
});

test("a command line is split without a shell", () => {
  expect(splitWords(`python  'my comp.py' --a="b c" ''`)).toEqual(["python", "my comp.py", "--a=b c", ""]);
  expect(() => splitWords(`a "b`)).toThrow("a quote is not closed");
  expect(() => splitWords("  ")).toThrow("--command is empty");
});
