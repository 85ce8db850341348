import assert from "node:assert/strict";
import { describe, test } from "vitest";

import { eventually } from "./eventually.ts";
import type { Part } from "./world.ts";

/** An application that hears a binding without being asked anything. */
export function clockPart(binding: string): Part {
  let ticks = 0;
  return {
    async prepare(server) {
      ticks = 0;
      await server.binding.receive(binding, async () => void ticks++);
    },
    steps() {
      describe(`events of ${binding}`, () => {
        test("come again and again", () => eventually(() => assert.ok(ticks >= 2, `${ticks} ticks`)));
      });
    },
  };
}
