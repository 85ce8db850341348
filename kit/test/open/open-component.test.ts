import { describe, expect, expectTypeOf, test } from "vitest";
import {
  ComponentError,
  defineBinding,
  definePubSub,
  defineSecretStore,
  defineStateStore,
  openComponent,
  text,
  type Binding,
  type GetRequest,
  type Logger,
  type OpenedStateStore,
  type PubSub,
  type SetRequest,
  type StateStore,
  type StateStoreDefinition,
} from "../../src/index.ts";

const about = {
  version: "v1",
  status: "alpha",
  title: "E",
  description: "E.",
  placement: "in-process",
  metadata: {},
} as const;

class Store implements StateStore {
  readonly calls: unknown[] = [];
  active = 0;
  mostActive = 0;
  async get(request: GetRequest) {
    await this.#work(request);
    return request.key === "absent" ? undefined : { data: new Uint8Array([1]), etag: "1" };
  }
  async set(request: SetRequest) {
    await this.#work(request);
  }
  async delete(request: { key: string }) {
    await this.#work(request);
  }
  async close() {
    this.calls.push("close");
  }
  async #work(request: { key: string }) {
    this.calls.push(request);
    this.mostActive = Math.max(this.mostActive, ++this.active);
    await new Promise(setImmediate);
    this.active--;
    if (request.key.startsWith("bad")) throw new ComponentError("etag-mismatch", `etag of ${request.key}`);
    if (request.key.startsWith("odd")) throw new Error(`cannot ${request.key}`);
  }
}

function stateDefinition(store: StateStore, features: StateStoreDefinition["features"] = ["ETAG"]) {
  return defineStateStore({ ...about, type: "state.example", features, open: async () => store });
}

const options = { concurrency: "", consistency: "" } as const;
const write = (key: string, extra: object = {}): SetRequest => ({
  key,
  value: new Uint8Array(),
  options,
  metadata: {},
  ...extra,
});
const read = (key: string): GetRequest => ({ key, consistency: "", metadata: {} });
const opened = (store: StateStore, features?: StateStoreDefinition["features"]) =>
  openComponent(stateDefinition(store, features), { name: "s", properties: {} });

describe("opening", () => {
  test("gives the decoded options and a context", async () => {
    const seen: unknown[] = [];
    const warnings: string[] = [];
    const logger: Logger = { debug() {}, info() {}, warn: (message) => void warnings.push(message), error() {} };
    const definition = defineStateStore({
      ...about,
      type: "state.example",
      features: [],
      metadata: {
        host: text({ description: "Host.", required: true }),
        old: text({ description: "Old.", deprecated: true }),
      },
      async open(decoded, context) {
        seen.push(decoded, context.name, context.logger === logger, context.signal.aborted, context.directions);
        return new Store();
      },
    });
    const component = await openComponent(definition, { name: "orders", properties: { Host: "h", old: "x" }, logger });
    expect(seen).toEqual([{ host: "h", old: "x" }, "orders", true, false, []]);
    expect(warnings).toEqual(['metadata of component "orders": old is deprecated']);
    expect(component).toMatchObject({ kind: "state", name: "orders", features: [] });
    expectTypeOf(component.instance).toEqualTypeOf<OpenedStateStore>();
  });

  test("rejects with all problems of the metadata before anything is opened", async () => {
    const definition = defineStateStore({
      ...about,
      type: "state.example",
      features: [],
      open: async () => expect.unreachable(),
    });
    await expect(openComponent(definition, { name: "s", properties: { what: "x" } })).rejects.toMatchObject({
      code: "invalid-metadata",
      problems: [{ field: "what" }],
    });
  });

  test.each([
    [new Error("refused"), "internal", "state.example did not open: refused"],
    [new ComponentError("unauthenticated", "wrong password"), "unauthenticated", "wrong password"],
  ])("passes on why it failed: %s", async (error, code, message) => {
    const definition = defineStateStore({
      ...about,
      type: "state.example",
      features: [],
      open: () => Promise.reject(error),
    });
    await expect(openComponent(definition, { name: "s", properties: {} })).rejects.toMatchObject({ code, message });
  });

  test.each([
    [new DOMException("late", "TimeoutError"), "deadline-exceeded"],
    [undefined, "cancelled"],
  ])("gives up at once when told to, and closes what opens later: %s", async (reason, code) => {
    const store = new Store();
    let finish: (store: Store) => void = () => {};
    const definition = defineStateStore({
      ...about,
      type: "state.example",
      features: [],
      open: () => new Promise<Store>((resolve) => (finish = resolve)),
    });
    const controller = new AbortController();
    const opening = openComponent(definition, { name: "s", properties: {}, signal: controller.signal });
    controller.abort(reason);
    await expect(opening).rejects.toMatchObject({ code });
    finish(store);
    await expect.poll(() => store.calls).toEqual(["close"]);
    await expect(
      openComponent(definition, { name: "s", properties: {}, signal: controller.signal }),
    ).rejects.toMatchObject({ code });
  });

  test("features may depend on the instance", async () => {
    const store = Object.assign(new Store(), { features: ["ETAG", "TTL"] });
    expect((await opened(store, ["ETAG"])).features).toEqual(["ETAG", "TTL"]);
    expect((await opened(new Store(), ["ETAG"])).features).toEqual(["ETAG"]);
  });
});

describe("a declaration and its instance agree", () => {
  const broker = (extra: object) =>
    definePubSub({
      ...about,
      type: "pubsub.example",
      features: ["BULK_PUBSUB"],
      open: async () => ({ close: async () => {}, ...extra }) as PubSub,
    });
  const binding = (declared: object, extra: Partial<Binding>) =>
    defineBinding({
      ...about,
      type: "bindings.example",
      binding: declared,
      open: async () => ({ close: async () => {}, ...extra }),
    });
  const create = { operations: [{ name: "create", description: "Creates." }] };

  test.each([
    [stateDefinition(new Store(), ["TRANSACTIONAL"]), "it declares TRANSACTIONAL, but the instance has no transact()"],
    [
      stateDefinition(Object.assign(new Store(), { transact: async () => {} }), []),
      "the instance has transact(), but its features do not name TRANSACTIONAL",
    ],
    [stateDefinition(new Store(), ["QUERY_API"]), "it declares QUERY_API, but the instance has no query()"],
    [broker({}), "it declares BULK_PUBSUB, but the instance has no bulkPublish()"],
    [binding({ input: true }, {}), "it declares input, but the instance has no read()"],
    [binding({ output: true, ...create }, {}), "it declares output, but the instance has no invoke()"],
    [
      binding({ output: true, ...create }, { invoke: async () => undefined }),
      "the instance has invoke(), but no operations",
    ],
    [
      binding({ output: true, ...create }, { invoke: async () => undefined, operations: ["drop"] }),
      "the instance has the operation drop, which is not declared",
    ],
    [
      binding(
        { input: true },
        { read: async () => ({ close: async () => {} }), invoke: async () => undefined, operations: [] },
      ),
      "the instance has invoke(), but it does not declare output",
    ],
  ])("or it does not open %#", async (definition, sentence) => {
    await expect(openComponent(definition, { name: "x", properties: {} })).rejects.toThrow(sentence);
  });

  test("an instance that is refused is closed", async () => {
    const store = new Store();
    await expect(opened(store, ["TRANSACTIONAL"])).rejects.toMatchObject({ code: "internal" });
    expect(store.calls).toEqual(["close"]);
  });
});

describe("a state store", () => {
  test("never sees an empty etag and sees other requests unchanged", async () => {
    const store = new Store();
    const { instance } = await opened(store);
    const request = write("k", { etag: "7" });
    await instance.set(request);
    await instance.set(write("k", { etag: "" }));
    await instance.delete(write("k", { etag: "" }));
    expect(store.calls[0]).toBe(request);
    expect(store.calls.slice(1)).toEqual([write("k", { etag: undefined }), write("k", { etag: undefined })]);
  });

  test.each([
    ["an empty key", write("")],
    ["an unknown concurrency", write("k", { options: { concurrency: "third-write", consistency: "" } })],
    ["an unknown consistency", write("k", { options: { concurrency: "", consistency: "maybe" } })],
  ])("is not bothered with %s", async (_, request) => {
    const store = Object.assign(new Store(), { transact: async () => {} });
    const { instance } = await opened(store, ["TRANSACTIONAL"]);
    const refused = { code: "invalid-argument" };
    await expect(instance.set(request)).rejects.toMatchObject(refused);
    await expect(instance.delete(request)).rejects.toMatchObject(refused);
    await expect(instance.bulkSet([write("fine"), request], { parallelism: 0 })).rejects.toMatchObject(refused);
    await expect(instance.bulkDelete([request], { parallelism: 0 })).rejects.toMatchObject(refused);
    await expect(instance.transact!([{ kind: "set", request }], {})).rejects.toMatchObject(refused);
    expect(store.calls).toEqual([]);
  });

  test("without bulk calls gets them done one by one, side by side within the limit", async () => {
    const store = new Store();
    const { instance } = await opened(store);
    const keys = ["a", "absent", "odd", "d", "e", "f"];
    expect(await instance.bulkGet(keys.map(read), { parallelism: 2 })).toEqual([
      { key: "a", data: new Uint8Array([1]), etag: "1" },
      { key: "absent" },
      { key: "odd", error: "cannot odd" },
      ...["d", "e", "f"].map((key) => ({ key, data: new Uint8Array([1]), etag: "1" })),
    ]);
    expect(store.mostActive).toBe(2);
    await instance.bulkGet(keys.map(read), { parallelism: 0 });
    expect(store.mostActive).toBe(6);
  });

  test.each(["bulkSet", "bulkDelete"] as const)(
    "%s applies what it can and names the keys that failed",
    async (method) => {
      const store = new Store();
      const { instance } = await opened(store);
      const requests = ["a", "bad1", "odd2", "d"].map((key) => write(key, { etag: "" }));
      const error = await instance[method](requests, { parallelism: 1 }).catch((caught: unknown) => caught);
      expect(error).toMatchObject({
        name: "BulkError",
        code: "etag-mismatch",
        failures: [
          { key: "bad1", error: { code: "etag-mismatch" } },
          { key: "odd2", error: { code: "internal", message: "cannot odd2" } },
        ],
      });
      expect(store.calls).toHaveLength(4);
      expect(store.mostActive).toBe(1);
    },
  );

  test("with bulk calls of its own has them called once, and not for nothing", async () => {
    const calls: unknown[][] = [];
    const own = (...args: unknown[]) => void calls.push(args);
    const store = Object.assign(new Store(), {
      bulkSet: async (...args: unknown[]) => own(...args),
      bulkGet: async () => [{ key: "own" }],
    });
    const { instance } = await opened(store);
    await instance.bulkSet([], { parallelism: 0 });
    expect(await instance.bulkGet([], { parallelism: 0 })).toEqual([]);
    await instance.bulkSet([write("a"), write("b", { etag: "" })], { parallelism: 3 });
    expect(calls).toEqual([[[write("a"), write("b", { etag: undefined })], { parallelism: 3 }, undefined]]);
    expect(await instance.bulkGet([read("a")], { parallelism: 0 })).toEqual([{ key: "own" }]);
  });

  test("keeps `this`, and a call's signal comes through", async () => {
    class Transactional extends Store {
      async transact(...args: unknown[]) {
        this.calls.push(args);
      }
    }
    const store = new Transactional();
    const { instance } = await opened(store, ["TRANSACTIONAL"]);
    const call = { signal: AbortSignal.abort() };
    await instance.transact!([{ kind: "delete", request: write("k", { etag: "" }) }], { a: "b" }, call);
    await instance.transact!([], {});
    expect(store.calls).toEqual([[[{ kind: "delete", request: write("k", { etag: undefined }) }], { a: "b" }, call]]);
    expect(instance).not.toHaveProperty("query");
  });
});

describe("after close", () => {
  test("every method of every kind rejects with closed, and close is called once", async () => {
    let closes = 0;
    const everything = new Proxy(
      {},
      {
        get: (_, name) =>
          name === "close"
            ? async () => void closes++
            : name === "features" || name === "then"
              ? undefined
              : name === "operations"
                ? ["create"]
                : async () => {},
      },
    );
    const open = async (): Promise<any> => everything;
    const definitions = [
      defineStateStore({ ...about, type: "state.example", features: ["TRANSACTIONAL", "QUERY_API"], open }),
      definePubSub({ ...about, type: "pubsub.example", features: ["BULK_PUBSUB"], open }),
      defineBinding({
        ...about,
        type: "bindings.example",
        binding: { input: true, output: true, operations: [{ name: "create", description: "C." }] },
        open,
      }),
      defineSecretStore({ ...about, type: "secretstores.example", features: [], open }),
    ];
    let refused = 0;
    for (const definition of definitions) {
      const component = await openComponent(definition, { name: "x", properties: {} });
      await Promise.all([component.close(), component.close(), component.instance.close()]);
      for (const [name, method] of Object.entries(component.instance)) {
        if (typeof method !== "function" || name === "close") continue;
        await expect(method([], {}), `${definition.kind} ${name}`).rejects.toMatchObject({ code: "closed" });
        refused++;
      }
    }
    expect(closes).toBe(definitions.length);
    expect(refused).toBe(10 + 6 + 3 + 3);
  });
});

describe("a binding", () => {
  const both = defineBinding({
    ...about,
    type: "bindings.example",
    binding: { input: true, output: true, operations: [{ name: "create", description: "Creates." }] },
    async open(_, { directions }) {
      return {
        ...(directions.includes("output") && {
          operations: ["create"],
          invoke: async () => ({ data: new Uint8Array([1]) }),
        }),
        ...(directions.includes("input") && { read: async () => ({ close: async () => {} }) }),
        close: async () => {},
      };
    },
  });

  test("is opened for the halves that are wanted", async () => {
    const halves = async (directions?: readonly ("input" | "output")[]) => {
      const { instance } = await openComponent(both, { name: "b", properties: {}, ...(directions && { directions }) });
      return [instance.read !== undefined, instance.invoke !== undefined];
    };
    expect(await halves()).toEqual([true, true]);
    expect(await halves(["input"])).toEqual([true, false]);
    expect(await halves(["output"])).toEqual([false, true]);
  });

  test("is not opened for a half that it lacks", async () => {
    const inputOnly = defineBinding({
      ...about,
      type: "bindings.in",
      binding: { input: true },
      open: async () => expect.unreachable(),
    });
    await expect(openComponent(inputOnly, { name: "b", properties: {}, directions: ["output"] })).rejects.toMatchObject(
      {
        code: "invalid-argument",
        message: "bindings.in is input only, not output",
      },
    );
  });

  test("is not bothered with operations it does not have", async () => {
    const { instance } = await openComponent(both, { name: "b", properties: {} });
    const request = { data: new Uint8Array(), metadata: {} };
    expect(await instance.invoke!({ ...request, operation: "create" })).toEqual({ data: new Uint8Array([1]) });
    await expect(instance.invoke!({ ...request, operation: "drop" })).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });
});
