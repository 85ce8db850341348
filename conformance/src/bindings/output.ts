import assert from "node:assert/strict";
import { ComponentError } from "@trilby/kit";
import { bytes, sameBytes, text } from "../core/bytes.ts";
import { refused } from "../core/expect.ts";
import { invoke, type BindingCase, type BindingWorld } from "./binding.ts";

const needs = ["OUTPUT"];
const unlessRoundTrip = ({ roundTrip }: BindingWorld["facts"]) =>
  roundTrip ? undefined : "no operation reads back what another has written (the fact `roundTrip`)";
const unlessRemove = ({ roundTrip }: BindingWorld["facts"]) =>
  roundTrip?.remove ? undefined : "no operation removes what another has written (the fact `roundTrip`)";
const unlessSample = ({ samples }: BindingWorld["facts"]) =>
  Object.keys(samples).length > 0 ? undefined : "no operation has a sample (the fact `samples`)";

const payloads: Readonly<Record<string, Uint8Array>> = {
  json: bytes('{"orderId": 42,\n "items": ["a", "b"]}'),
  "all-256-bytes": Uint8Array.from({ length: 256 }, (_, index) => index),
  "line-breaks-and-quotes": bytes("a'b\"c\\d\r\n\te; DROP TABLE x; --"),
};

export const outputCases: readonly BindingCase[] = [
  {
    id: "bindings/ping-answers-or-is-not-implemented",
    class: "functional",
    async run({ instance }) {
      await instance.ping?.().catch((error: unknown) => {
        assert.ok(ComponentError.is(error) && error.code === "unimplemented", `ping was refused: ${String(error)}`);
      });
    },
  },
  {
    id: "bindings/names-its-operations-once-each",
    class: "functional",
    needs,
    async run({ instance, facts }) {
      const operations = instance.operations ?? [];
      assert.ok(operations.length > 0, "there are no operations");
      assert.equal(
        new Set(operations).size,
        operations.length,
        `an operation stands twice in ${operations.join(", ")}`,
      );
      const lower = operations.map((each) => each.toLowerCase());
      for (const operation of Object.keys(facts.samples)) {
        assert.ok(lower.includes(operation.toLowerCase()), `${operation} is not among ${operations.join(", ")}`);
      }
    },
  },
  {
    id: "bindings/every-operation-with-a-sample-answers-it",
    class: "functional",
    needs,
    unless: unlessSample,
    async run(world) {
      const word = world.unique("sample");
      for (const [operation, { answer }] of Object.entries(world.facts.samples)) {
        const result = await invoke(world, world.instance, operation, word);
        if (answer !== undefined)
          assert.equal(text(result?.data ?? new Uint8Array()), answer, `the answer of ${operation}`);
      }
    },
  },
  ...Object.entries(payloads).map(([name, payload]): BindingCase => ({
    id: `bindings/reads-${name}-back-as-it-was-written`,
    class: "functional",
    needs,
    unless: unlessRoundTrip,
    async run(world) {
      const { write, read } = world.facts.roundTrip!;
      const word = world.unique("round");
      await invoke(world, world.instance, write, word, payload);
      sameBytes((await invoke(world, world.instance, read, word))?.data, payload, "what was read");
    },
  })),
  {
    id: "bindings/what-was-removed-is-read-no-more",
    class: "functional",
    needs,
    unless: unlessRemove,
    async run(world) {
      const { write, read, remove } = world.facts.roundTrip!;
      const word = world.unique("removed");
      await invoke(world, world.instance, write, word);
      await invoke(world, world.instance, remove!, word);
      const left = await invoke(world, world.instance, read, word).catch((error: unknown) => {
        assert.ok(
          ComponentError.is(error) && error.code === "not-found",
          `reading what is not there failed otherwise: ${String(error)}`,
        );
      });
      assert.equal(left?.data?.length ?? 0, 0, "it is still there");
    },
  },
  {
    id: "bindings/an-operation-that-it-does-not-have-is-refused",
    class: "hostile",
    needs,
    async run({ instance }) {
      for (const operation of ["noSuchOperation", "", "toString", "__proto__", "create; drop"]) {
        await refused(instance.invoke!({ operation, data: new Uint8Array(), metadata: {} }));
      }
      assert.ok(instance.operations!.length > 0);
    },
  },
  {
    id: "bindings/data-of-any-kind-ends-nothing",
    class: "hostile",
    needs,
    unless: unlessSample,
    async run(world) {
      const [operation] = Object.keys(world.facts.samples);
      const word = world.unique("garbage");
      for (const data of [
        new Uint8Array(),
        Uint8Array.of(0xff, 0x00, 0xc0),
        new Uint8Array(world.facts.maxDataBytes),
      ]) {
        await invoke(world, world.instance, operation!, word, data).catch((error: unknown) => {
          assert.ok(ComponentError.is(error), `refused with no error of the contract: ${String(error)}`);
        });
      }
      await invoke(world, world.instance, operation!, word);
    },
  },
  {
    id: "bindings/50-invocations-at-once-all-answer",
    class: "functional",
    needs,
    unless: unlessSample,
    async run(world) {
      const [operation] = Object.keys(world.facts.samples);
      await Promise.all(
        Array.from({ length: 50 }, () => invoke(world, world.instance, operation!, world.unique("many"))),
      );
    },
  },
  {
    id: "bindings/without-an-output-there-is-nothing-to-invoke",
    class: "functional",
    lacks: ["OUTPUT"],
    async run({ instance }) {
      if (instance.invoke)
        await refused(instance.invoke({ operation: "create", data: new Uint8Array(), metadata: {} }));
      assert.deepEqual(instance.operations ?? [], []);
    },
  },
];
