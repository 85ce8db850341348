import { setTimeout as delay } from "node:timers/promises";

const limitMs = 10_000;

/** Resolves when the assertion holds; rejects with what it says last when it does not within ten seconds. */
export async function eventually(assertion: () => unknown): Promise<void> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    try {
      await assertion();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await delay(20);
  }
}
