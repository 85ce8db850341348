import assert from "node:assert/strict";
import { latencies } from "../core/measure.ts";
import { get, type SecretStoreCase } from "./secret-store.ts";

export const figureCases: readonly SecretStoreCase[] = [
  {
    id: "secretstores/figures-of-get",
    class: "figure",
    unless: ({ secrets }) =>
      Object.keys(secrets).length > 0 ? undefined : "no secrets are known (the fact `secrets`)",
    async run(world) {
      const [name, secret] = Object.entries(world.facts.secrets)[0]!;
      const { p50Ms, p99Ms } = await latencies(100, async () =>
        assert.deepEqual({ ...(await get(world, name)) }, { ...secret }),
      );
      world.measured("getP50Ms", p50Ms);
      world.measured("getP99Ms", p99Ms);
    },
  },
];
