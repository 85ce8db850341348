import assert from "node:assert/strict";
import type { Binding, BindingEvent, InvokeResult, Reader } from "@trilby/kit";
import { bytes } from "../core/bytes.ts";
import type { Case } from "../core/case.ts";
import { eventually, pause } from "../core/expect.ts";
import type { World } from "../core/world.ts";

export type BindingCase = Case<"bindings">;
export type BindingWorld = World<"bindings">;

/** An instance that reads from a place of its own, so that cases side by side share nothing. */
export async function openBinding(world: BindingWorld, word = world.unique("case")): Promise<Binding> {
  const { instance } = await world.open({ properties: propertiesOf(world, word) });
  return instance;
}

export function propertiesOf({ properties, facts }: BindingWorld, word: string): Record<string, string> {
  const own = Object.entries(properties).map(([name, value]) => [
    name,
    facts.uniqueProperties.includes(name) ? `${value}-${word}` : value,
  ]);
  return Object.fromEntries(own);
}

/** Invokes an operation with its sample; `data` instead of the sample's own. */
export async function invoke(
  { facts }: BindingWorld,
  binding: Binding,
  operation: string,
  word: string,
  data?: Uint8Array,
): Promise<InvokeResult | undefined> {
  const sample = facts.samples[operation] ?? { data: "", metadata: {} };
  const metadata = Object.fromEntries(
    Object.entries(sample.metadata).map(([name, value]) => [name, value.replaceAll("{}", word)]),
  );
  return binding.invoke!({ operation, data: data ?? bytes(sample.data), metadata });
}

export interface EventLog {
  /** Everything that was given to the handler. */
  readonly received: readonly BindingEvent[];
  readonly handled: readonly BindingEvent[];
  /** Waits until so many were handled. */
  count(handled: number, timeoutMs?: number): Promise<void>;
  staysSilent(since: number): Promise<void>;
  close(): Promise<void>;
}

export async function openReader(
  { facts }: BindingWorld,
  binding: Binding,
  handle: (event: BindingEvent, count: number) => Promise<void> | void = () => {},
): Promise<EventLog> {
  const received: BindingEvent[] = [];
  const handled: BindingEvent[] = [];
  const reader: Reader = await binding.read!(async (event) => {
    received.push(event);
    await handle(event, received.length);
    handled.push(event);
    return bytes("seen");
  });
  if (facts.settleMs > 0) await pause(facts.settleMs);
  return {
    received,
    handled,
    count: (wanted, timeoutMs = facts.readTimeoutMs) =>
      eventually(timeoutMs, () =>
        assert.ok(handled.length >= wanted, `${handled.length} of ${wanted} events were handled`),
      ),
    async staysSilent(since) {
      await pause(facts.silenceMs);
      assert.equal(received.length - since, 0, "events came that must not come");
    },
    close: () => reader.close(),
  };
}

export function unlessEcho({ echo }: BindingWorld["facts"]): string | undefined {
  return echo === undefined ? "no operation makes an event (the fact `echo`)" : undefined;
}
