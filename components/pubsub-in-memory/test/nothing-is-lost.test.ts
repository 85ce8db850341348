import { ComponentError } from "@trilby/kit";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createBroker } from "../src/index.ts";

const limits = { maxMessages: 1000, maxBytes: 1_000_000, firstRetryMs: 1, longestRetryMs: 2 };
type Step = "publish" | "reopen" | "pause" | "resume" | "turn";

test("what was published to a subscription is handled, through refusals, pauses and subscribers that go and come", async () => {
  const step = fc.constantFrom<Step>("publish", "publish", "publish", "reopen", "pause", "resume", "turn");
  const answers = fc.infiniteStream(fc.constantFrom("take", "take", "refuse", "leave"));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), answers, async (steps, stream) => {
      const broker = createBroker({ warn: () => {}, limits });
      const handled = new Set<number>();
      let calm = false;
      const deliver = async ({ data }: { data: Uint8Array }): Promise<void> => {
        const answer = calm ? "take" : stream.next().value;
        await new Promise(setImmediate);
        if (answer === "refuse") throw new Error("refused");
        if (answer === "leave") throw new ComponentError("cancelled", "left");
        handled.add(data[0]!);
      };
      const subscribe = () => broker.subscribe({ topic: "t", metadata: {} }, deliver);

      let subscription = await subscribe();
      let published = 0;
      for (const each of steps) {
        if (each === "publish") await broker.publish({ topic: "t", data: new Uint8Array([published++]), metadata: {} });
        if (each === "pause") await broker.pause!();
        if (each === "resume") await broker.resume!();
        if (each === "turn") await new Promise(setImmediate);
        if (each === "reopen") {
          await subscription.close();
          subscription = await subscribe();
        }
      }
      calm = true;
      await broker.resume!();
      await expect.poll(() => handled.size, { interval: 1, timeout: 5000 }).toBe(published);
      await broker.close();
    }),
    { numRuns: 60 },
  );
});
