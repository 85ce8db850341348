import assert from "node:assert/strict";
import { describe, test } from "vitest";

import type { ComponentRow } from "./component-row.ts";
import type { Part } from "./world.ts";

/** What an application asks its host about itself. */
export function metadataPart(
  components: readonly ComponentRow[],
  capabilities: Readonly<Record<string, string[]>>,
): Part {
  return {
    steps(world) {
      describe("metadata", () => {
        test("names the components and what they can do", async () => {
          const { client } = world();
          const metadata = await client.metadata.get();
          assert.match(metadata.id, /^sdk-/);
          assert.deepEqual(
            metadata.components.map(({ name, type, version }) => `${name} ${type} ${version}`).toSorted(),
            components.map(({ name, type, version = "v1" }) => `${name} ${type} ${version}`).toSorted(),
          );
          for (const { name, capabilities: found } of metadata.components)
            assert.deepEqual([...(found ?? [])].toSorted(), capabilities[name]?.toSorted(), name);
        });

        test("takes what the application adds", async () => {
          const { client } = world();
          assert.equal(await client.metadata.set("flavour", "sweet & sour"), true);
          const { extended } = await client.metadata.get();
          assert.equal((extended as Record<string, string>)["flavour"], "sweet & sour");
        });

        test("health is good", async () => {
          assert.equal(await world().client.health.isHealthy(), true);
        });
      });
    },
  };
}
