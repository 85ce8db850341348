import assert from "node:assert/strict";
import { describe, test } from "vitest";

import { eventually } from "./eventually.ts";
import { type Part, refusal } from "./world.ts";

/** What an application does with a binding that reads what it creates. */
export function bindingPart(binding: string): Part {
  let got: unknown[];
  let label = "";
  return {
    async prepare(server, world) {
      label = world;
      const received = (got = []);
      await server.binding.receive(binding, async (data: unknown) => void (received as unknown[]).push(data));
    },

    steps(world) {
      describe(`events and operations of ${binding}`, () => {
        const create = (data: object | string) => world().client.binding.send(binding, "create", data);

        test("what is created is received", async () => {
          // The name of the world: an event of the one before may come late.
          const events = [
            { id: 1, world: label },
            { id: 2, name: "Żółć 🎩", world: label },
          ];
          for (const event of events) await create(event);
          await eventually(() => {
            for (const event of events) {
              assert.ok(
                got.some((each) => JSON.stringify(each) === JSON.stringify(event)),
                JSON.stringify(got),
              );
            }
          });
        });

        test("an operation that it does not have is an error that says so", async () => {
          assert.match(await refusal(world().client.binding.send(binding, "explode", {})), /explode/);
        });

        test("a binding that there is none of is an error that says so", async () => {
          assert.match(
            await refusal(world().client.binding.send("nowhere", "create", {})),
            /couldn't find output binding nowhere/,
          );
        });
      });
    },
  };
}
