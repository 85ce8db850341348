import assert from "node:assert/strict";
import { settled, refused } from "../core/expect.ts";
import { oddCase, unknownField } from "../core/opening.ts";
import { bulkGet, get, type SecretStoreCase, type SecretStoreWorld } from "./secret-store.ts";

const names: Readonly<Record<string, string>> = {
  quotes: 'it\'s "quoted"',
  "dots-and-slashes": "../../../etc/passwd",
  "blanks-and-line-breaks": " a\tb\n",
  "percent-signs": "%2e%2e%2f%00",
  "question-mark-and-hash": "a?version=1#b",
  "letters-of-many-scripts": "größe-大小-🦜",
  "a-property-of-objects": "__proto__",
  "another-property-of-objects": "constructor",
  "control-characters": "a\u0001b",
  "4000-characters": "x".repeat(4_000),
};

export const hostileCases: readonly SecretStoreCase[] = [
  ...Object.entries(names).map(([label, name]): SecretStoreCase => ({
    id: `secretstores/a-name-of-${label}-is-not-there-and-harms-nothing`,
    class: "hostile",
    async run(world) {
      // Where the store cannot tell, the answer is an empty value; anything else belongs to somebody else.
      const found = await get(world, name).catch(() => ({}));
      const values = Object.values(found).filter((value) => value !== "");
      assert.deepEqual(values, [], "a value came for a name that is not there");
      await works(world);
    },
  })),
  {
    // In-process only: on the wire it is the runtime that never sends one.
    id: "secretstores/an-empty-name-is-refused",
    class: "hostile",
    abilities: ["in-process"],
    async run(world) {
      await refused(get(world, ""));
      await works(world);
    },
  },
  {
    id: "secretstores/unknown-request-metadata-is-ignored",
    class: "hostile",
    async run(world) {
      const [name] = Object.keys(world.facts.secrets);
      const metadata = { ...world.facts.metadata, "x-unknown": "1" };
      if (name !== undefined)
        assert.deepEqual({ ...(await world.instance.get({ name, metadata })) }, { ...world.facts.secrets[name] });
      await world.instance.bulkGet(metadata);
    },
  },
  {
    id: "secretstores/metadata-names-are-compared-without-case",
    class: "hostile",
    async run(world) {
      const { instance } = await world.open({ properties: oddCase(world.properties) });
      await works({ ...world, instance });
    },
  },
  {
    id: "secretstores/unknown-metadata-is-refused-by-name",
    class: "hostile",
    abilities: ["in-process"],
    async run({ open, properties }) {
      const error = await refused(open({ properties: { ...properties, ...unknownField } }), "invalid-metadata");
      assert.match(error.message, /trilbyUnknownField/);
    },
  },
  {
    id: "secretstores/a-closed-instance-refuses-calls",
    class: "functional",
    abilities: ["in-process"],
    async run({ open, facts }) {
      const { instance, close } = await open();
      await close();
      await refused(instance.get({ name: "any", metadata: facts.metadata }), "closed");
      await refused(instance.bulkGet(facts.metadata), "closed");
    },
  },
  {
    id: "secretstores/calls-end-while-the-backend-is-down-and-work-again-when-it-is-back",
    class: "fault",
    abilities: ["stop-backend"],
    timeoutMs: 90_000,
    async run(world) {
      await works(world);
      await world.backend!.kill();
      const { outageTimeoutMs } = world.facts;
      assert.equal(
        await settled(bulkGet(world), outageTimeoutMs, "reading secrets while the backend is down"),
        "rejected",
      );
      await world.backend!.restart();
      for (let tries = 1; ; tries++) {
        try {
          await works(world);
          return;
        } catch (error) {
          if (tries === 100) throw error;
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
      }
    },
  },
];

/** One known secret comes as it is, else all secrets come at all. */
async function works(world: SecretStoreWorld): Promise<void> {
  const [name] = Object.keys(world.facts.secrets);
  if (name === undefined) await bulkGet(world);
  else assert.deepEqual({ ...(await get(world, name)) }, { ...world.facts.secrets[name] });
}
