import type { Logger } from "@trilby/kit";

import type { AppChannel } from "../../app/channel.ts";
import { createBackOff, settledWithin } from "../back-off.ts";
import type { AppSubscription } from "./app-subscription.ts";
import { discoverSubscriptions, DiscoveryError } from "./discovery.ts";

/** The subscriptions that the application tells itself. It is asked until it has answered once. */
export interface Programmatic {
  /** Undefined until it answered. */
  readonly found: readonly AppSubscription[] | undefined;
  /**
   * Asks unless it was answered before. Resolves when the first attempt settled, but after five seconds at the latest: an
   * application that is slow to answer must not keep its declared subscriptions waiting. Goes on asking behind that until the
   * signal aborts; `onFound` is called for an answer that came later.
   */
  ask(signal: AbortSignal, onFound: () => Promise<void>): Promise<void>;
}

export function createProgrammatic(channel: AppChannel, appId: string, enabled: boolean, logger: Logger): Programmatic {
  let found: readonly AppSubscription[] | undefined;

  /** False when asking again can help. */
  const attempt = async (signal: AbortSignal): Promise<boolean> => {
    try {
      found = await discoverSubscriptions(channel, appId, logger, signal);
    } catch (error) {
      if (signal.aborted) return true;
      const again = !(error instanceof DiscoveryError) || error.again;
      logger.error(`${error instanceof Error ? error.message : String(error)}${again ? ". Will retry." : ""}`);
      if (again) return false;
      found = [];
    }
    return true;
  };

  return {
    get found() {
      return found;
    },
    async ask(signal, onFound) {
      if (found !== undefined) return;
      if (!enabled) {
        logger.warn("Skipping programmatic subscription loading (see 'disable-init-endpoints' flag/annotation)");
        found = [];
        return;
      }
      let waited = false;
      const first = attempt(signal);
      void (async () => {
        const backOff = createBackOff();
        if (await first) {
          if (!waited) return;
        } else {
          do await backOff.pause(signal);
          while (!signal.aborted && !(await attempt(signal)));
        }
        if (!signal.aborted) await onFound();
      })();
      await settledWithin(first, firstAttemptMs);
      waited = true;
    },
  };
}

const firstAttemptMs = 5000;
