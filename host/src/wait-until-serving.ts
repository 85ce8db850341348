import { setTimeout as delay } from "node:timers/promises";

const pauseMs = 100;
const requestTimeoutMs = 500;
const limitMs = 60_000;

/** `--wait`: until the host on this port says that its APIs are up, but not for ever; either way it ends well, as daprd's. */
export async function waitUntilServing(port: number): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (performance.now() < deadline) {
    try {
      const response = await fetch(`http://localhost:${port}/v1.0/healthz/outbound`, {
        signal: AbortSignal.timeout(requestTimeoutMs),
      });
      await response.body?.cancel();
      if (response.ok) return;
    } catch {
      // Not there yet.
    }
    await delay(pauseMs);
  }
}
