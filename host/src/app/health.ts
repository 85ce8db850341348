import type { Logger } from "@trilby/kit";

import type { Application, HealthListener } from "./channel.ts";
import { waitForPort } from "./port.ts";

export interface HealthSettings {
  readonly host: string;
  readonly port: number;
  readonly logger: Logger;
  /** Absent: the application is healthy once its port is open. */
  readonly probing:
    | {
        /** Resolves when the application is well; rejects with the reason when it is not. */
        probe(timeoutMs: number): Promise<void>;
        readonly intervalMs: number;
        readonly timeoutMs: number;
        /** Failures in a row that make it unhealthy. */
        readonly threshold: number;
      }
    | undefined;
}

/** The part of an app channel that knows whether the application takes calls. */
export function createHealth(settings: HealthSettings): Omit<Application, "close"> {
  const { logger, probing } = settings;
  const listeners: Record<"healthy" | "unhealthy", HealthListener[]> = { healthy: [], unhealthy: [] };
  const stopping = new AbortController();
  let healthy = false;
  /** What the listeners were told last. */
  let told = false;
  let telling: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let failures = 0;

  /** Tells the listeners until they know the present state. */
  const tell = (): Promise<void> => {
    telling ??= (async () => {
      while (told !== healthy) {
        told = healthy;
        for (const listener of listeners[told ? "healthy" : "unhealthy"]) {
          try {
            await listener();
          } catch (error) {
            logger.error(`failed to follow the app becoming ${told ? "healthy" : "unhealthy"}: ${String(error)}`, {
              error,
            });
          }
        }
      }
    })().finally(() => (telling = undefined));
    return telling;
  };

  const change = (to: boolean, why?: unknown): Promise<void> | undefined => {
    if (to === healthy) return undefined;
    healthy = to;
    if (probing !== undefined) {
      if (to) logger.info("App entered healthy status");
      else logger.warn(`App entered un-healthy status: ${why instanceof Error ? why.message : String(why)}`);
    }
    return tell();
  };

  const probe = async (): Promise<void> => {
    const { intervalMs, timeoutMs, threshold } = probing!;
    const startedAt = performance.now();
    try {
      await probing!.probe(timeoutMs);
      failures = 0;
      if (!stopping.signal.aborted) void change(true);
    } catch (error) {
      failures++;
      if (failures >= threshold && !stopping.signal.aborted) void change(false, error);
    }
    if (stopping.signal.aborted) return;
    timer = setTimeout(probe, Math.max(0, intervalMs - (performance.now() - startedAt)));
  };

  return {
    get healthy() {
      return healthy;
    },
    onHealthy: (listener) => void listeners.healthy.push(listener),
    onUnhealthy: (listener) => void listeners.unhealthy.push(listener),
    async start() {
      if (!(await waitForPort(settings, logger, stopping.signal))) return;
      if (probing === undefined) return change(true);
      logger.info("App health probes starting");
      void probe();
    },
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await telling;
    },
  };
}
