import type { OpenedInstanceOf } from "@trilby/kit";
import { BindingBackend, referenceBinding } from "../../reference/binding.ts";
import type { Mutant, Reference } from "../mutant.ts";

export type BindingMutant = Mutant<"bindings", BindingBackend>;
export type Opened = OpenedInstanceOf["bindings"];

const metadata = { key: "{}" };

export const bindingReference: Reference<"bindings", BindingBackend> = {
  features: ["INPUT", "OUTPUT"],
  properties: { topic: "events" },
  facts: {
    samples: {
      create: { data: '{"a":1}', metadata },
      get: { data: "", metadata, answer: '{"a":1}' },
      delete: { data: "", metadata },
    },
    roundTrip: { write: "create", read: "get", remove: "delete" },
    echo: "create",
    uniqueProperties: ["topic"],
    readTimeoutMs: 400,
    silenceMs: 100,
    patienceMs: 800,
    durable: true,
    maxDataBytes: 64 * 1024,
  },
  createBackend: () => new BindingBackend(),
  define: referenceBinding,
};
