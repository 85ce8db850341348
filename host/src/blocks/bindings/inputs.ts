import { ComponentError } from "@trilby/kit";
import type { DeliverEvent, Logger } from "@trilby/kit";

import { AppError } from "../../app/app-error.ts";
import type { AppChannel } from "../../app/channel.ts";
import type { ComponentRegistry, LoadedComponent } from "../../components/registry.ts";
import type { Metrics } from "../../observability/metrics.ts";
import { settledWithin } from "../back-off.ts";
import { openFeed, type Feed, type FeedState } from "../feed.ts";
import { carryOut } from "./app-answer.ts";
import { hasDirection, saidDirections, type Outputs } from "./outputs.ts";
import { createBindingPostman, type BindingPostman } from "./postman.ts";
import type { SaveState } from "./state-saver.ts";

export interface InputsSettings {
  readonly registry: ComponentRegistry;
  readonly channel: AppChannel | undefined;
  readonly outputs: Outputs;
  readonly saveState: SaveState;
  /** How long the application may take to say whether it wants a binding. */
  readonly probeTimeoutMs: number;
  readonly drainMs: number;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** Reads from input bindings while the application is healthy, each by itself. */
export interface Inputs {
  /** Resolves when each binding was tried once; those that fail are tried again behind it. */
  start(): Promise<void>;
  /** Takes no new events, finishes those under way for at most the time given (else that of the settings), then closes. */
  stop(drainMs?: number): Promise<void>;
  /** Those that should be read and are not, and why. */
  problems(): readonly { readonly name: string; readonly reason: string }[];
}

export function createInputs(settings: InputsSettings): Inputs {
  const { registry, channel, logger, metrics } = settings;
  const feeds = new Map<string, Feed>();
  /** Those on their way out: a later, shorter limit reaches them too. */
  const closing = new Set<Feed>();
  let active = false;

  const open = (component: LoadedComponent<"bindings">): void => {
    const { name, instance, properties } = component;
    if (!active || feeds.has(name) || instance.read === undefined || !hasDirection(component, "input")) return;
    const postman = createBindingPostman(channel!, name, properties.get("route") || name, settings.probeTimeoutMs);
    // With a direction in its resource nobody is asked.
    const ask = saidDirections(component) === undefined;
    feeds.set(
      name,
      openFeed(
        `the reading of input binding ${name}`,
        async (state) => {
          if (ask && !(await postman.isWanted(state.closed))) {
            logger.info(`app has not subscribed to binding ${name}.`);
            return nothing;
          }
          return instance.read!(createDeliver(name, postman, state));
        },
        logger,
      ),
    );
  };

  const createDeliver = (name: string, postman: BindingPostman, state: FeedState): DeliverEvent => {
    const metric = metrics.inputBinding(name);
    return async (event) => {
      if (state.closing) throw cancelled(name);
      const startedAt = performance.now();
      try {
        const { body, answer } = await postman.deliver(event, state.cut);
        if (answer !== undefined) await carryOut(answer, name, settings.outputs, settings.saveState, logger);
        metric.record(true, startedAt);
        return body;
      } catch (error) {
        // Not an attempt: the application is away, or this host stops.
        if (error instanceof AppError && (error.code === "cancelled" || error.code === "unhealthy"))
          throw cancelled(name, error);
        metric.record(false, startedAt);
        logger.warn(
          `event of input binding ${name} is not acknowledged: ${error instanceof Error ? error.message : String(error)}`,
        );
        throw error;
      }
    };
  };

  const close = async (gone: (name: string) => boolean, drainMs = settings.drainMs): Promise<void> => {
    for (const [name, feed] of feeds) {
      if (!gone(name)) continue;
      feeds.delete(name);
      closing.add(feed);
    }
    await Promise.all([...closing].map((feed) => feed.close(drainMs).then(() => closing.delete(feed))));
  };

  registry.onLoad("bindings", async (component) => {
    open(component);
    const feed = feeds.get(component.name);
    if (feed !== undefined) await settledWithin(feed.attempted, firstAttemptMs);
  });
  registry.onUnload("bindings", ({ name }) => close((each) => each === name));

  return {
    async start() {
      if (active || channel === undefined) return;
      active = true;
      for (const component of registry.list("bindings")) open(component);
      await settledWithin(Promise.all([...feeds.values()].map((feed) => feed.attempted)), firstAttemptMs);
    },
    async stop(drainMs) {
      active = false;
      await close(() => true, drainMs);
    },
    problems: () =>
      [...feeds].flatMap(([name, { problem }]) => (problem === undefined ? [] : [{ name, reason: problem }])),
  };
}

const firstAttemptMs = 5000;
/** What is open when the application does not want the binding. */
const nothing = { close: () => Promise.resolve() };

function cancelled(name: string, cause?: unknown): ComponentError {
  return new ComponentError("cancelled", "input binding is closed", { cause });
}
