import { ComponentError, type DeliverEvent } from "@trilby/kit";
import { inputCases } from "../../../src/bindings/input.ts";
import { outputCases } from "../../../src/bindings/output.ts";
import type { BindingMutant, Opened } from "./reference.ts";

const readsBack = outputCases.map(({ id }) => id).filter((id) => id.startsWith("bindings/reads-"));
const arrives = inputCases.map(({ id }) => id).filter((id) => id.endsWith("arrives-as-it-was-sent"));

export const bindingMutants: readonly BindingMutant[] = [
  {
    name: "refuses ping",
    caughtBy: ["bindings/ping-answers-or-is-not-implemented"],
    methods: () => ({
      async ping() {
        throw new ComponentError("internal", "no");
      },
    }),
  },
  {
    name: "names no operations",
    caughtBy: ["bindings/names-its-operations-once-each"],
    methods: () => ({ operations: [] }),
  },
  {
    name: "names an operation twice",
    caughtBy: ["bindings/names-its-operations-once-each"],
    methods: (right) => ({ operations: [...right.operations!, "get"] }),
  },
  {
    name: "cannot do one of its operations",
    caughtBy: ["bindings/every-operation-with-a-sample-answers-it", "bindings/what-was-removed-is-read-no-more"],
    methods: (right) => ({
      async invoke(request) {
        if (request.operation === "delete") throw new ComponentError("unimplemented", "later");
        return right.invoke!(request);
      },
    }),
  },
  {
    name: "gets tired",
    caughtBy: ["bindings/figures-of-invoke"],
    methods(right) {
      let count = 0;
      return {
        async invoke(request) {
          if (++count > 60) throw new ComponentError("unavailable", "enough for today");
          return right.invoke!(request);
        },
      };
    },
  },
  {
    name: "answers with a byte more",
    caughtBy: [...readsBack, "bindings/every-operation-with-a-sample-answers-it"],
    methods: (right) => ({
      async invoke(request) {
        const result = await right.invoke!(request);
        return result && { ...result, data: Buffer.concat([result.data ?? new Uint8Array(), Uint8Array.of(10)]) };
      },
    }),
  },
  {
    name: "keeps what was removed",
    caughtBy: ["bindings/what-was-removed-is-read-no-more"],
    methods: (right) => ({
      invoke: async (request) => (request.operation === "delete" ? undefined : right.invoke!(request)),
    }),
  },
  {
    name: "takes any operation",
    caughtBy: ["bindings/an-operation-that-it-does-not-have-is-refused"],
    methods: (right) => ({
      invoke: async (request) => (right.operations!.includes(request.operation) ? right.invoke!(request) : undefined),
    }),
  },
  {
    name: "falls over at data that is not text",
    caughtBy: ["bindings/data-of-any-kind-ends-nothing"],
    methods(right) {
      let down = false;
      return {
        async invoke(request) {
          down ||= request.data[0] === 0xff;
          if (down) throw new ComponentError("unavailable", "gone");
          return right.invoke!(request);
        },
      };
    },
  },
  {
    name: "does at most 20 things at once",
    caughtBy: ["bindings/50-invocations-at-once-all-answer", "bindings/100-events-at-once-all-arrive"],
    methods(right) {
      let running = 0;
      return {
        async invoke(request) {
          if (++running > 20) throw new ComponentError("resource-exhausted", "too busy");
          await new Promise((resolve) => setTimeout(resolve, 5));
          running--;
          return right.invoke!(request);
        },
      };
    },
  },
  {
    name: "invokes though it has no output",
    caughtBy: ["bindings/without-an-output-there-is-nothing-to-invoke"],
    features: ["INPUT"],
    methods: () => ({ invoke: async () => undefined, operations: ["create"] }),
  },
  {
    name: "reads though it has no input",
    caughtBy: ["bindings/without-an-input-there-is-nothing-to-read"],
    features: ["OUTPUT"],
    methods: () => ({ read: async () => ({ async close() {} }) }),
  },
  {
    name: "starts to read with the first event",
    caughtBy: ["bindings/starting-to-read-does-not-wait-for-an-event"],
    methods: () => ({ read: () => new Promise(() => undefined) }),
  },
  {
    name: "reads nothing",
    caughtBy: ["bindings/events-reach-the-reader"],
    methods: () => ({ read: async () => ({ async close() {} }) }),
  },
  {
    name: "stops reading at the first failure",
    caughtBy: ["bindings/events-go-on-after-a-handler-failed", "bindings/an-event-whose-handler-failed-comes-again"],
    methods: (right) =>
      delivering(right, (deliver) => {
        let stopped = false;
        return async (event) => {
          if (stopped) return new Promise<Uint8Array>(() => undefined);
          return deliver(event).catch((error: unknown) => {
            stopped = true;
            throw error;
          });
        };
      }),
  },
  {
    name: "does not close readers",
    caughtBy: ["bindings/a-closed-reader-gets-nothing-more"],
    methods: (right) => ({
      async read(deliver) {
        await right.read!(deliver);
        return { async close() {} };
      },
    }),
  },
  {
    name: "closes readers without waiting",
    caughtBy: ["bindings/closing-a-reader-waits-for-the-event-under-way"],
    methods: (right) => ({
      async read(deliver) {
        const reader = await right.read!(deliver);
        return { close: async () => void reader.close() };
      },
    }),
  },
  {
    name: "adds a line break to events",
    caughtBy: arrives,
    methods: (right) =>
      delivering(
        right,
        (deliver) => (event) => deliver({ ...event, data: Buffer.concat([event.data, Uint8Array.of(10)]) }),
      ),
  },
  {
    name: "acknowledges before it delivers",
    caughtBy: [
      "bindings/an-event-whose-handler-failed-comes-again",
      "bindings/an-event-whose-reader-went-away-is-not-lost",
      "bindings/a-component-killed-in-the-middle-of-an-event-loses-nothing",
    ],
    methods: (right) =>
      delivering(right, (deliver) => async (event) => {
        void deliver(event).catch(() => undefined);
        return new Uint8Array();
      }),
  },
  {
    name: "forgets events while nobody reads",
    caughtBy: ["bindings/events-wait-for-a-reader-that-is-away"],
    methods: (right, backend) => ({
      async read(deliver) {
        for (const queue of backend.queues.values()) queue.pending.length = 0;
        return right.read!(deliver);
      },
    }),
  },
  {
    name: "gives up reading when the backend goes away",
    caughtBy: ["bindings/a-reader-goes-on-by-itself-after-the-backend-was-down"],
    methods: (right, backend) => ({
      async read(deliver) {
        const reader = await right.read!(deliver);
        backend.onBack(() => void reader.close());
        return reader;
      },
    }),
  },
  {
    name: "knows only one spelling of its metadata",
    caughtBy: ["bindings/metadata-names-are-compared-without-case"],
    async open({ properties = { topic: "" }, ...settings }, right) {
      if (!Object.hasOwn(properties, "topic")) throw new ComponentError("invalid-metadata", "topic is missing");
      return right({ properties, ...settings });
    },
  },
  {
    name: "ignores metadata that it does not know",
    caughtBy: ["bindings/unknown-metadata-is-refused-by-name"],
    open: ({ name = "reference" }, right) => right({ name }),
  },
  {
    name: "works on after close",
    caughtBy: ["bindings/a-closed-instance-refuses-calls"],
    open: async (settings, right) => ({ ...(await right(settings)), async close() {} }),
  },
  {
    name: "closes the backend for all",
    caughtBy: ["bindings/closing-one-instance-leaves-the-others-alone"],
    open: async (settings, right, backend) => ({ ...(await right(settings)), close: () => backend.kill() }),
  },
];

function delivering(right: Opened, change: (deliver: DeliverEvent) => DeliverEvent): Partial<Opened> {
  return { read: (deliver) => right.read!(change(deliver)) };
}
