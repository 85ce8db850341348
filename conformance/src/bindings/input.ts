import assert from "node:assert/strict";
import { ComponentError } from "@trilby/kit";
import { bytes, sameBytes } from "../core/bytes.ts";
import { pause, refused, settled } from "../core/expect.ts";
import { invoke, openBinding, openReader, unlessEcho, type BindingCase, type BindingWorld } from "./binding.ts";

const needs = ["INPUT"];
const echoes = ["INPUT", "OUTPUT"];
const unlessSource = (facts: BindingWorld["facts"]) =>
  facts.eventsByItself || facts.echo !== undefined
    ? undefined
    : "nothing makes an event here (the facts `echo` and `eventsByItself`)";

const payloads: Readonly<Record<string, Uint8Array>> = {
  json: bytes('{ "b" : 1,\n  "a" : 2 }'),
  "no-bytes": new Uint8Array(),
  "all-256-bytes": Uint8Array.from({ length: 256 }, (_, index) => index),
};

export const inputCases: readonly BindingCase[] = [
  {
    id: "bindings/starting-to-read-does-not-wait-for-an-event",
    class: "functional",
    needs,
    async run(world) {
      const binding = await openBinding(world);
      const reading = openReader(world, binding);
      assert.equal(await settled(reading, 10_000, "starting to read"), "resolved");
      await (await reading).close();
    },
  },
  {
    id: "bindings/events-reach-the-reader",
    class: "functional",
    needs,
    unless: unlessSource,
    async run(world) {
      const word = world.unique("event");
      const binding = await openBinding(world, word);
      const events = await openReader(world, binding);
      await cause(world, binding, word);
      await events.count(1);
      await events.close();
    },
  },
  {
    id: "bindings/events-go-on-after-a-handler-failed",
    class: "functional",
    needs,
    unless: unlessSource,
    async run(world) {
      const word = world.unique("event");
      const binding = await openBinding(world, word);
      const events = await openReader(world, binding, (_, count) => {
        if (count === 1) throw new Error("the application is not ready");
      });
      await cause(world, binding, word);
      await cause(world, binding, word);
      await events.count(1);
      await events.close();
    },
  },
  {
    id: "bindings/a-closed-reader-gets-nothing-more",
    class: "functional",
    needs,
    unless: unlessSource,
    async run(world) {
      const word = world.unique("event");
      const binding = await openBinding(world, word);
      const events = await openReader(world, binding);
      await cause(world, binding, word);
      await events.count(1);
      await events.close();
      const before = events.received.length;
      await cause(world, binding, word);
      await events.staysSilent(before);
    },
  },
  {
    id: "bindings/closing-a-reader-waits-for-the-event-under-way",
    class: "functional",
    needs,
    unless: unlessSource,
    async run(world) {
      const word = world.unique("event");
      const binding = await openBinding(world, word);
      const inHandler = Promise.withResolvers<void>();
      const events = await openReader(world, binding, async () => {
        inHandler.resolve();
        await pause(300);
      });
      await cause(world, binding, word);
      assert.equal(await settled(inHandler.promise, world.facts.readTimeoutMs, "the first event"), "resolved");
      await events.close();
      assert.equal(events.handled.length, events.received.length, "close did not wait for the event under way");
    },
  },
  ...Object.entries(payloads).map(([name, payload]): BindingCase => ({
    id: `bindings/an-event-of-${name}-arrives-as-it-was-sent`,
    class: "hostile",
    needs: echoes,
    unless: unlessEcho,
    async run(world) {
      const word = world.unique("echo");
      const binding = await openBinding(world, word);
      const events = await openReader(world, binding);
      await invoke(world, binding, world.facts.echo!, word, payload);
      await events.count(1);
      sameBytes(events.handled[0]!.data, payload, "the event");
      await events.close();
    },
  })),
  {
    id: "bindings/100-events-at-once-all-arrive",
    class: "functional",
    needs: echoes,
    unless: unlessEcho,
    async run(world) {
      const word = world.unique("echo");
      const binding = await openBinding(world, word);
      const events = await openReader(world, binding);
      const texts = Array.from({ length: 100 }, (_, index) => `event ${index}`);
      await Promise.all(texts.map((each) => invoke(world, binding, world.facts.echo!, word, bytes(each))));
      await events.count(100);
      const arrived = new Set(events.handled.map(({ data }) => new TextDecoder().decode(data)));
      assert.deepEqual(
        texts.filter((each) => !arrived.has(each)),
        [],
      );
      await events.close();
    },
  },
  {
    id: "bindings/an-event-whose-handler-failed-comes-again",
    class: "functional",
    timeoutMs: 90_000,
    needs: echoes,
    unless: (facts) =>
      unlessEcho(facts) ?? (facts.redeliversFailed ? undefined : "the source does not send failed events again"),
    async run(world) {
      const word = world.unique("echo");
      const binding = await openBinding(world, word);
      const events = await openReader(world, binding, (_, count) => {
        if (count === 1) throw new Error("not yet");
      });
      await invoke(world, binding, world.facts.echo!, word, bytes("again"));
      await events.count(1, world.facts.readTimeoutMs * 2);
      sameBytes(events.handled[0]!.data, bytes("again"), "the event that came again");
      await events.close();
    },
  },
  {
    id: "bindings/events-wait-for-a-reader-that-is-away",
    class: "functional",
    needs: echoes,
    unless: (facts) =>
      unlessEcho(facts) ?? (facts.durable ? undefined : "events do not wait for a reader that is away"),
    async run(world) {
      const word = world.unique("echo");
      const binding = await openBinding(world, word);
      const first = await openReader(world, binding);
      await invoke(world, binding, world.facts.echo!, word, bytes("before"));
      await first.count(1);
      await first.close();
      await invoke(world, binding, world.facts.echo!, word, bytes("while away"));
      const second = await openReader(world, binding);
      await second.count(1);
      sameBytes(second.handled[0]!.data, bytes("while away"), "the event that waited");
      await second.close();
    },
  },
  {
    id: "bindings/an-event-whose-reader-went-away-is-not-lost",
    class: "functional",
    timeoutMs: 90_000,
    needs: echoes,
    unless: (facts) =>
      unlessEcho(facts) ?? (facts.durable ? undefined : "events do not wait for a reader that is away"),
    async run(world) {
      const word = world.unique("echo");
      const binding = await openBinding(world, word);
      const taken = Promise.withResolvers<void>();
      const first = await openReader(world, binding, async () => {
        taken.resolve();
        await pause(50);
        throw new ComponentError("cancelled", "the reader went away");
      });
      await invoke(world, binding, world.facts.echo!, word, bytes("unanswered"));
      assert.equal(await settled(taken.promise, world.facts.readTimeoutMs, "the first event"), "resolved");
      await first.close();
      const second = await openReader(world, binding);
      await second.count(1, world.facts.readTimeoutMs * 2);
      sameBytes(second.handled[0]!.data, bytes("unanswered"), "the event that nobody answered");
      await second.close();
    },
  },
  {
    id: "bindings/without-an-input-there-is-nothing-to-read",
    class: "functional",
    lacks: ["INPUT"],
    async run({ instance }) {
      if (instance.read) await refused(instance.read(async () => new Uint8Array()));
    },
  },
];

/** Makes an event, where it does not come by itself. */
async function cause(world: BindingWorld, binding: Parameters<typeof invoke>[1], word: string): Promise<void> {
  if (!world.facts.eventsByItself) await invoke(world, binding, world.facts.echo!, word);
}
