import { expect, test } from "vitest";
import { chaosForClients, chaosForServers } from "./chaos.ts";
import { compareServers } from "./differential.ts";

// A short slice, the same each time. A million: `node --conditions=@trilby/source test/fuzz/run.ts --frames 1000000`.

test("frames with one thing wrong get the same verdict from a server of ours as from node:http2's", async () => {
  const { frames, unexplained, escaped } = await compareServers(6_000, 10, 1);
  expect(frames).toBeGreaterThanOrEqual(6_000);
  expect({ unexplained, escaped }).toEqual({ unexplained: [], escaped: [] });
});

test.each([
  ["servers", chaosForServers],
  ["clients", chaosForClients],
])(
  "frames of which many are wrong, in pieces of any size: nothing comes out of our %s, and nothing is left",
  async (_, chaos) => {
    const { frames, left, escaped } = await chaos(12_000, 1);
    expect(frames).toBeGreaterThanOrEqual(12_000);
    expect({ left, escaped }).toEqual({ left: 0, escaped: [] });
  },
);
