import assert from "node:assert/strict";
import { bytes, text } from "../core/bytes.ts";
import { eventually, pause } from "../core/expect.ts";
import { invoke, openBinding, openReader, unlessEcho, type BindingCase } from "./binding.ts";

const needs = ["INPUT", "OUTPUT"];

export const faultCases: readonly BindingCase[] = [
  {
    id: "bindings/a-component-killed-in-the-middle-of-an-event-loses-nothing",
    class: "fault",
    abilities: ["kill-component"],
    needs,
    timeoutMs: 90_000,
    unless: (facts) =>
      unlessEcho(facts) ?? (facts.durable ? undefined : "events do not outlive the process that reads them"),
    async run(world) {
      const word = world.unique("killed");
      const binding = await openBinding(world, word);
      const handled = new Set<string>();
      const inHandler = Promise.withResolvers<void>();
      let killed = false;
      await openReader(world, binding, async ({ data }) => {
        if (text(data) === "event 3") {
          inHandler.resolve();
          await pause(world.facts.patienceMs);
        }
        if (!killed) handled.add(text(data));
      });
      const texts = Array.from({ length: 10 }, (_, index) => `event ${index + 1}`);
      for (const each of texts) await invoke(world, binding, world.facts.echo!, word, bytes(each));
      await inHandler.promise;
      killed = true;
      await world.process!.kill();
      await world.process!.restart();
      const again = await openBinding(world, word);
      const events = await openReader(world, again, ({ data }) => void handled.add(text(data)));
      await eventually(world.facts.patienceMs, () =>
        assert.deepEqual(
          texts.filter((each) => !handled.has(each)),
          [],
        ),
      );
      await events.close();
    },
  },
  {
    id: "bindings/a-reader-goes-on-by-itself-after-the-backend-was-down",
    class: "fault",
    abilities: ["stop-backend"],
    needs,
    timeoutMs: 120_000,
    unless: unlessEcho,
    async run(world) {
      const word = world.unique("outage");
      const binding = await openBinding(world, word);
      const events = await openReader(world, binding);
      await invoke(world, binding, world.facts.echo!, word, bytes("before"));
      await events.count(1);
      await world.backend!.kill();
      await pause(300);
      await world.backend!.restart();
      // An event that is sent before the reader is back may be nobody's: send until one arrives.
      await eventually(world.facts.patienceMs, async () => {
        await invoke(world, binding, world.facts.echo!, word, bytes("after"));
        await pause(200);
        assert.ok(
          events.handled.some(({ data }) => text(data) === "after"),
          "nothing arrived after the backend was back",
        );
      });
      await events.close();
    },
  },
];
