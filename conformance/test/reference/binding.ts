import { ComponentError, defineBinding, text } from "@trilby/kit";
import type { Binding, BindingEvent, DeliverEvent, InvokeRequest } from "@trilby/kit";
import { ReferenceBackend } from "./backend.ts";

/** One queue a topic, kept while nobody reads, and a place for data by key. */
export class BindingBackend extends ReferenceBackend {
  readonly data = new Map<string, Uint8Array>();
  readonly queues = new Map<string, EventQueue>();

  constructor() {
    super();
    this.onBack(() => {
      for (const queue of this.queues.values()) void queue.work();
    });
  }

  queue(topic: string): EventQueue {
    const queue = this.queues.get(topic) ?? new EventQueue(this);
    this.queues.set(topic, queue);
    return queue;
  }

  abandonAll(): void {
    for (const queue of this.queues.values()) queue.abandon();
  }
}

export class EventQueue {
  readonly pending: BindingEvent[] = [];
  readonly #backend: BindingBackend;
  #reader: { readonly deliver: DeliverEvent; closed: boolean } | undefined;
  #working: object | undefined;

  constructor(backend: BindingBackend) {
    this.#backend = backend;
  }

  read(deliver: DeliverEvent): () => Promise<void> {
    const reader = { deliver, closed: false };
    this.#reader = reader;
    void this.work();
    return async () => {
      reader.closed = true;
      while (this.#working && this.#reader === reader) await new Promise((resolve) => setTimeout(resolve, 5));
    };
  }

  abandon(): void {
    if (this.#reader) this.#reader.closed = true;
    this.#reader = undefined;
    this.#working = undefined;
  }

  async work(): Promise<void> {
    if (this.#working) return;
    const mine = {};
    this.#working = mine;
    await Promise.resolve();
    for (;;) {
      const [event] = this.pending;
      const reader = this.#reader;
      if (!event || !reader || reader.closed || this.#backend.isDown) break;
      const handled = await reader.deliver(event).then(
        () => true,
        () => false,
      );
      if (this.#working !== mine) return;
      if (handled) this.pending.shift();
      else await new Promise((resolve) => setTimeout(resolve, 10));
    }
    this.#working = undefined;
  }
}

/** A binding that does everything right, in as few words as possible. */
export function referenceBinding(backend: BindingBackend, halves: readonly string[]) {
  return defineBinding({
    type: "bindings.reference",
    version: "v1",
    status: "development-only",
    title: "Reference",
    description: "A right binding for the tests of the suite.",
    placement: "in-process",
    binding: {
      input: halves.includes("INPUT"),
      output: halves.includes("OUTPUT"),
      operations: ["create", "get", "delete"].map((name) => ({ name, description: name })),
    },
    metadata: { topic: text({ description: "Topic.", default: "" }) },
    async open({ topic }): Promise<Binding> {
      return {
        ...(halves.includes("OUTPUT") && {
          operations: ["create", "get", "delete"],
          invoke: (request) => invoke(backend, topic, request),
        }),
        ...(halves.includes("INPUT") && {
          async read(deliver) {
            const close = backend.queue(topic).read(deliver);
            return { close };
          },
        }),
        async ping() {
          await backend.reached();
        },
        async close() {},
      };
    },
  });
}

async function invoke(backend: BindingBackend, topic: string, { operation, data, metadata }: InvokeRequest) {
  await backend.reached();
  const key = metadata["key"] ?? "";
  if (operation === "create") {
    const copy = new Uint8Array(data);
    backend.data.set(key, copy);
    const queue = backend.queue(topic);
    queue.pending.push({ data: copy, metadata: {} });
    void queue.work();
    return undefined;
  }
  if (operation === "delete") {
    backend.data.delete(key);
    return undefined;
  }
  const found = backend.data.get(key);
  if (!found) throw new ComponentError("not-found", `there is no ${key}`);
  return { data: found };
}
