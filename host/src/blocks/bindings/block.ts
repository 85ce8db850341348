import type { AppChannel } from "../../app/channel.ts";
import type { ComponentRegistry } from "../../components/registry.ts";
import type { Log } from "../../observability/log.ts";
import type { Metrics } from "../../observability/metrics.ts";
import type { Block } from "../block.ts";
import { drainWithin } from "../feed.ts";
import { bindingMethods } from "./grpc.ts";
import { bindingRoutes } from "./http.ts";
import { createInputs } from "./inputs.ts";
import { createOutputs } from "./outputs.ts";
import type { SaveState } from "./state-saver.ts";

export interface BindingsSettings {
  readonly registry: ComponentRegistry;
  /** Absent: output bindings alone. */
  readonly channel: AppChannel | undefined;
  /** For applications that answer an event with state, see state-saver.ts. */
  readonly saveState: SaveState;
  /** How long the application may take to say whether it wants a binding. */
  readonly probeTimeoutMs: number;
  /** How long events under way may take when the reading stops. Default 30 s. */
  readonly drainMs?: number | undefined;
  readonly metrics: Metrics;
  readonly log: Log;
}

/**
 * Input and output bindings. The one who composes calls `start` when the application becomes healthy, `stop` when it
 * becomes unhealthy and `shutdown` at the end, before the components close.
 */
export interface BindingsBlock extends Block {
  /** Asks the application which bindings it wants and reads from those; resolves when each was tried once. */
  start(): Promise<void>;
  /** Takes no new events, finishes those under way. May be followed by another `start`. */
  stop(): Promise<void>;
  /** As `stop`, for good, within `limitMs`. May follow a `stop` that is under way, and shortens it. */
  shutdown(limitMs?: number): Promise<void>;
  /** Input bindings that should be read and are not, and why; for health and logs. */
  problems(): readonly { readonly name: string; readonly reason: string }[];
}

export function createBindingsBlock(settings: BindingsSettings): BindingsBlock {
  const { drainMs = 30_000 } = settings;
  const outputs = createOutputs(settings.registry, settings.metrics);
  const inputs = createInputs({
    ...settings,
    outputs,
    drainMs,
    logger: settings.log.scope("dapr.runtime.processor.binding"),
  });
  let over = false;
  return {
    http: bindingRoutes(outputs),
    grpc: bindingMethods(outputs),
    start: () => (over ? Promise.resolve() : inputs.start()),
    stop: () => inputs.stop(),
    shutdown(limitMs = Infinity) {
      over = true;
      return inputs.stop(drainWithin(limitMs, drainMs));
    },
    problems: inputs.problems,
  };
}
