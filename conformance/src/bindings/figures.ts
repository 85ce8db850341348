import assert from "node:assert/strict";
import { latencies } from "../core/measure.ts";
import { invoke, type BindingCase } from "./binding.ts";

export const figureCases: readonly BindingCase[] = [
  {
    id: "bindings/figures-of-invoke",
    class: "figure",
    needs: ["OUTPUT"],
    unless: ({ samples }) =>
      Object.keys(samples).length > 0 ? undefined : "no operation has a sample (the fact `samples`)",
    async run(world) {
      const [operation, { answer }] = Object.entries(world.facts.samples)[0]!;
      const word = world.unique("figure");
      const { p50Ms, p99Ms } = await latencies(100, async () => {
        const result = await invoke(world, world.instance, operation, word);
        // A binding that is fast because it does nothing is not fast.
        if (answer !== undefined) assert.equal(new TextDecoder().decode(result?.data), answer);
      });
      world.measured("invokeP50Ms", p50Ms);
      world.measured("invokeP99Ms", p99Ms);
    },
  },
];
