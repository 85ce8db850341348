import assert from "node:assert/strict";
import { inspect } from "node:util";
import { ComponentError } from "@trilby/kit";
import { refused } from "../core/expect.ts";
import { bulkGet, get, secretValues, type SecretStoreCase, type SecretStoreWorld } from "./secret-store.ts";

const unlessSecrets = ({ secrets }: SecretStoreWorld["facts"]) =>
  Object.keys(secrets).length > 0 ? undefined : "no secrets are known (the fact `secrets`)";
const unlessTold = ({ tellsMissing }: SecretStoreWorld["facts"]) =>
  tellsMissing ? undefined : "the store cannot tell that a secret is not there";

export const readingCases: readonly SecretStoreCase[] = [
  {
    id: "secretstores/ping-answers-or-is-not-implemented",
    class: "functional",
    async run({ instance }) {
      await instance.ping?.().catch((error: unknown) => {
        assert.ok(ComponentError.is(error) && error.code === "unimplemented", `ping was refused: ${String(error)}`);
      });
    },
  },
  {
    id: "secretstores/gives-each-secret-with-exactly-its-keys-and-values",
    class: "functional",
    unless: unlessSecrets,
    async run(world) {
      for (const [name, secret] of Object.entries(world.facts.secrets))
        assert.deepEqual(plain(await get(world, name)), plain(secret));
    },
  },
  {
    id: "secretstores/gives-all-secrets-at-once",
    class: "functional",
    unless: unlessSecrets,
    async run(world) {
      const all = await bulkGet(world);
      for (const [name, secret] of Object.entries(world.facts.secrets)) {
        assert.ok(Object.hasOwn(all, name), `${name} is not among all secrets`);
        assert.deepEqual(plain(all[name]!), plain(secret));
      }
    },
  },
  {
    id: "secretstores/a-secret-that-is-not-there-is-not-found",
    class: "functional",
    unless: unlessTold,
    async run(world) {
      await refused(get(world, world.facts.missing), "not-found", "internal");
      const all = await bulkGet(world);
      assert.ok(!Object.hasOwn(all, world.facts.missing), "what is not there is among all secrets");
    },
  },
  {
    id: "secretstores/an-error-holds-no-secret",
    class: "hostile",
    async run(world) {
      for (const name of [world.facts.missing, "\u0000", "../../etc/passwd"]) {
        const error = await get(world, name).then(
          () => undefined,
          (thrown: Error) => thrown,
        );
        const shown = inspect(error, { depth: 5 });
        for (const value of secretValues(world))
          assert.ok(!shown.includes(value), "an error holds the value of a secret");
      }
    },
  },
  {
    id: "secretstores/without-multiple-keys-a-secret-has-one-key-its-own-name",
    class: "functional",
    lacks: ["MULTIPLE_KEY_VALUES_PER_SECRET"],
    unless: unlessSecrets,
    async run(world) {
      for (const name of Object.keys(world.facts.secrets))
        assert.deepEqual(Object.keys(await get(world, name)), [name]);
    },
  },
  {
    id: "secretstores/a-secret-may-have-several-keys",
    class: "functional",
    needs: ["MULTIPLE_KEY_VALUES_PER_SECRET"],
    unless: ({ secrets }) =>
      Object.values(secrets).some((secret) => Object.keys(secret).length > 1)
        ? undefined
        : "no secret with several keys is known (the fact `secrets`)",
    async run(world) {
      const several = Object.entries(world.facts.secrets).filter(([, secret]) => Object.keys(secret).length > 1);
      for (const [name, secret] of several)
        assert.deepEqual(Object.keys(await get(world, name)).sort(), Object.keys(secret).sort());
    },
  },
  {
    id: "secretstores/100-reads-at-once-do-not-mix",
    class: "functional",
    unless: unlessSecrets,
    async run(world) {
      const secrets = Object.entries(world.facts.secrets);
      const reads = Array.from({ length: 100 }, (_, index) => secrets[index % secrets.length]!);
      await Promise.all(
        reads.map(async ([name, secret]) => assert.deepEqual(plain(await get(world, name)), plain(secret))),
      );
    },
  },
];

function plain(secret: Readonly<Record<string, string>>): Record<string, string> {
  return { ...secret };
}
