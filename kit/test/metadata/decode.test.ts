import { describe, expect, expectTypeOf, test } from "vitest";
import {
  bool,
  ComponentError,
  decodeMetadata,
  defineBinding,
  definePubSub,
  defineStateStore,
  duration,
  integer,
  json,
  text,
} from "../../src/index.ts";

const store = defineStateStore({
  type: "state.example",
  version: "v1",
  status: "alpha",
  title: "Example",
  description: "For tests.",
  placement: "in-process",
  features: [],
  metadata: {
    host: text({ description: "Host.", required: true, aliases: ["address", "server"] }),
    password: text({ description: "Password.", sensitive: true, default: "" }),
    pin: integer({ description: "Pin.", sensitive: true }),
    credentials: json({ description: "Credentials.", sensitive: true }),
    label: text({ description: "Label.", default: "none" }),
    note: text({ description: "Note." }),
    timeout: duration({ description: "Timeout.", default: "5s" }),
    enableTLS: bool({ description: "TLS.", default: false }),
  },
  check: (options) => (options.enableTLS && options.host === "plain" ? ["the host plain does not speak TLS"] : []),
  open: () => Promise.reject(new Error("not opened here")),
});

const decode = (properties: Record<string, string>, environment: Record<string, string> = {}) =>
  decodeMetadata(store, properties, { name: "orders", environment });

function problemsOf(properties: Record<string, string>): ComponentError {
  try {
    decode(properties);
  } catch (error) {
    if (ComponentError.is(error) && error.code === "invalid-metadata") return error;
    throw error;
  }
  throw new Error("was decoded");
}

test("gives typed, defaulted options", () => {
  const options = decode({ host: "h" });
  expectTypeOf(options.host).toEqualTypeOf<string>();
  expectTypeOf(options.note).toEqualTypeOf<string | undefined>();
  expectTypeOf(options.timeout).toEqualTypeOf<number>();
  expect(options).toEqual({
    host: "h",
    password: "",
    pin: undefined,
    credentials: undefined,
    label: "none",
    note: undefined,
    timeout: 5000,
    enableTLS: false,
  });
});

describe("names", () => {
  test.each([
    ["in any case", { HOST: "h" }, "h"],
    ["by an alias in any case", { Address: "a" }, "a"],
    ["the first alias that is present wins", { server: "s", address: "a" }, "a"],
    ["the own name wins over aliases", { address: "a", host: "h" }, "h"],
  ])("%s", (_, properties, host) => expect(decode(properties as never).host).toBe(host));

  test("two that differ in case alone are refused", () => {
    expect(problemsOf({ host: "a", HOST: "b" }).problems).toEqual([
      { field: "HOST", message: "HOST and host are the same field: keep one of them" },
    ]);
  });

  test("names of the prototype are ordinary unknown names", () => {
    const properties = JSON.parse('{"host":"h","__proto__":"x","constructor":"y","toString":"z"}');
    expect(
      problemsOf(properties)
        .problems?.map(({ field }) => field)
        .sort(),
    ).toEqual(["__proto__", "constructor", "toString"]);
  });
});

describe("empty values", () => {
  test("override a text's default", () => expect(decode({ host: "h", label: "" }).label).toBe(""));
  test("of other fields are absent", () =>
    expect(decode({ host: "h", timeout: "", enableTLS: " ", note: "" })).toMatchObject({
      timeout: 5000,
      enableTLS: false,
      note: undefined,
    }));
  test("of required fields are a problem", () =>
    expect(problemsOf({ host: "" }).message).toContain("host is required, and it is empty"));
});

describe("unknown names", () => {
  test("are refused with what was probably meant", () => {
    expect(problemsOf({ hots: "h", host: "h" }).problems).toEqual([
      { field: "hots", message: "hots is not a metadata field of state.example", suggestion: "host" },
    ]);
    expect(problemsOf({ host: "h", adress: "x" }).problems?.[0]?.suggestion).toBe("host");
    expect(problemsOf({ host: "h", KeyPrefx: "x" }).problems?.[0]?.suggestion).toBe("keyPrefix");
    expect(problemsOf({ host: "h", somethingElse: "x" }).problems?.[0]).not.toHaveProperty("suggestion");
  });
  test("are taken when the metadata says so", () =>
    expect(decode({ host: "h", hots: "x", UnknownMetadata: "allow" }).host).toBe("h"));
  test("are taken when the environment says so", () =>
    expect(decode({ host: "h", hots: "x" }, { TRILBY_UNKNOWN_METADATA: "allow" }).host).toBe("h"));
  test("of the runtime are no concern of the component", () => {
    const keys = [
      "keyPrefix",
      "actorStateStore",
      "outboxPublishPubsub",
      "outboxPublishTopic",
      "outboxPubsub",
      "outboxDiscardWhenMissingState",
    ];
    const properties = Object.fromEntries(
      [...keys, "PRIMARYENCRYPTIONKEY", "secondaryEncryptionKey"].map((key) => [key, "x"]),
    );
    expect(decode({ ...properties, host: "h" }).host).toBe("h");
    expect(problemsOf({ host: "h", consumerID: "x" }).problems).toHaveLength(1);
  });
  test("a component may declare a name of the runtime for itself", () => {
    const broker = definePubSub({
      type: "pubsub.example",
      version: "v1",
      status: "alpha",
      title: "E",
      description: "E.",
      placement: "child",
      features: [],
      metadata: { consumerID: text({ description: "Group.", required: true }) },
      open: () => Promise.reject(new Error("not opened here")),
    });
    expect(decodeMetadata(broker, { consumerid: "app", allowedTopics: "a" })).toEqual({ consumerID: "app" });
    expect(() => decodeMetadata(broker, {})).toThrow(/consumerID is required/);
  });
});

test("all problems are reported at once", () => {
  const error = problemsOf({ timeout: "soon", enableTLS: "treu", hsot: "h", pin: "x" });
  expect(error.problems?.map(({ field }) => field).sort()).toEqual(["enableTLS", "host", "hsot", "pin", "timeout"]);
  expect(error.message).toMatch(/^metadata of component "orders" \(state\.example\): 5 problems: /);
  expect(error.message).toContain('timeout must be a duration such as 500ms, 5s or 1h30m, but is "soon"');
});

test("checks across fields run when the fields are valid", () => {
  expect(problemsOf({ host: "plain", enableTLS: "yes" }).problems).toEqual([
    { message: "the host plain does not speak TLS" },
  ]);
  expect(problemsOf({ host: "plain", enableTLS: "yes", pin: "x" }).problems).toHaveLength(1);
});

test("secrets are in no message", () => {
  const error = problemsOf({ host: "h", pin: "hunter2", credentials: '{"key": hunter2' });
  expect(error.problems).toHaveLength(2);
  expect(JSON.stringify([error.message, error.problems, error.cause])).not.toContain("hunter2");
});

test("a binding's required field is required for its direction alone", () => {
  const binding = defineBinding({
    type: "bindings.example",
    version: "v1",
    status: "alpha",
    title: "E",
    description: "E.",
    placement: "child",
    binding: { input: true, output: true, operations: [{ name: "create", description: "Creates." }] },
    metadata: { topic: text({ description: "Topic.", required: true, direction: "output" }) },
    open: () => Promise.reject(new Error("not opened here")),
  });
  expect(decodeMetadata(binding, { route: "/x", direction: "input" }, { directions: ["input"] }).topic).toBeUndefined();
  expect(() => decodeMetadata(binding, {}, { directions: ["input", "output"] })).toThrow(/topic is required/);
});
