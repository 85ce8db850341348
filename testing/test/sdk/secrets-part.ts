import assert from "node:assert/strict";
import { describe, test } from "vitest";

import { type Part, refusal } from "./world.ts";

/** What an application does with a secret store that holds at least these secrets. */
export function secretsPart(
  store: string,
  secrets: Readonly<Record<string, Readonly<Record<string, string>>>>,
  missing: RegExp | object,
): Part {
  return {
    steps(world) {
      describe(`secrets in ${store}`, () => {
        test("each is read", async () => {
          const { client, protocol } = world();
          for (const [name, values] of Object.entries(secrets)) {
            const read = (await client.secret.get(store, name)) as Record<string, string>;
            // The SDK gives one value of a secret over gRPC, whatever it has.
            const [first = ""] = Object.keys(read);
            assert.deepEqual(read, protocol === "http" ? values : { [first]: values[first] });
          }
        });

        test("all are read at once", async () => {
          const all = (await world().client.secret.getBulk(store)) as Record<string, unknown>;
          for (const [name, values] of Object.entries(secrets)) assert.deepEqual({ ...(all[name] as object) }, values);
        });

        test("one that is not there is told so", async () => {
          const asking = world().client.secret.get(store, "never");
          if (missing instanceof RegExp) assert.match(await refusal(asking), missing);
          else assert.deepEqual(await asking, missing);
        });

        test("a store that there is none of is an error that says so", async () => {
          assert.match(
            await refusal(world().client.secret.get("nowhere", "a")),
            /failed finding secret store with key nowhere/,
          );
        });
      });
    },
  };
}
