import type { ComponentDefinition, Kind, Logger } from "../contract/definition.ts";
import { createServer } from "../transport/index.ts";
import type { RpcServer } from "../transport/index.ts";
import { serveInputBinding, serveOutputBinding } from "./binding-services.ts";
import type { DeliverySettings } from "./delivery-stream.ts";
import { serveHealth } from "./health-service.ts";
import { servePubSub } from "./pubsub-service.ts";
import { serveReflection } from "./reflection-service.ts";
import { serveSecretStore } from "./secret-store-service.ts";
import { ServedComponent } from "./served-component.ts";
import type { ServedService } from "./served-service.ts";
import { serveState } from "./state-service.ts";

export interface ServingSettings {
  /** Socket paths. All declarations answer on each of them. */
  readonly sockets: readonly string[];
  /** For a component's instance of that name. */
  readonly logger?: ((definition: ComponentDefinition, name: string) => Logger) | undefined;
  /** Largest request. Default 64 MiB. */
  readonly maxReceiveBytes?: number | undefined;
  /** Largest message or event that is delivered. Default 4 MiB, which every gRPC client takes. */
  readonly maxMessageBytes?: number | undefined;
}

export interface Serving {
  readonly sockets: readonly string[];
  /** Stops taking messages, waits for those under way for at most `timeoutMs`, closes instances and sockets. Idempotent. */
  close(timeoutMs: number): Promise<void>;
}

/** Serves declarations on sockets in this process. Declarations of one call share their sockets: one of each kind. */
export async function startServing(
  definitions: readonly ComponentDefinition[],
  settings: ServingSettings,
): Promise<Serving> {
  const { maxReceiveBytes = 64 * mebibyte, maxMessageBytes = 4 * mebibyte, logger = () => silent } = settings;
  const server = await createServer({ maxReceiveBytes });
  const components: Stoppable[] = [];
  const services: ServedService[] = [];
  const stopping = new AbortController();
  for (const definition of definitions) {
    const named = (name: string): Logger => logger(definition, name);
    const serving = serveDefinition(server, definition, { maxMessageBytes, maxInFlight: 256, logger: named });
    components.push(...serving.components);
    services.push(...serving.services);
  }
  services.push(serveHealth(server, services, stopping.signal));
  serveReflection(server, services);

  const close = async (timeoutMs: number): Promise<void> => {
    stopping.abort();
    await Promise.all(components.map((component) => component.drain(timeoutMs)));
    await server.close(lastCallsMs);
    await Promise.all(components.map((component) => component.close()));
  };
  let closing: Promise<void> | undefined;
  try {
    for (const path of settings.sockets) await server.listen({ path });
  } catch (error) {
    await close(0);
    throw error;
  }
  return { sockets: settings.sockets, close: (timeoutMs) => (closing ??= close(timeoutMs)) };
}

const mebibyte = 1024 * 1024;
/** For calls that are still under way when the last message was handled. */
const lastCallsMs = 2000;
/** For an instance that is closed or replaced. */
const closeTimeoutMs = 10_000;
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

type Stoppable = Pick<ServedComponent<Kind>, "drain" | "close">;

interface ServedDefinition {
  readonly components: readonly Stoppable[];
  readonly services: readonly ServedService[];
}

function serveDefinition(
  server: RpcServer,
  definition: ComponentDefinition,
  settings: DeliverySettings,
): ServedDefinition {
  const { logger } = settings;
  switch (definition.kind) {
    case "state": {
      const component = new ServedComponent<"state">(definition, { logger, closeTimeoutMs });
      return { components: [component], services: serveState(server, component) };
    }
    case "pubsub": {
      const component = new ServedComponent<"pubsub">(definition, { logger, closeTimeoutMs });
      return { components: [component], services: servePubSub(server, component, settings) };
    }
    case "secretstores": {
      const component = new ServedComponent<"secretstores">(definition, { logger, closeTimeoutMs });
      return { components: [component], services: serveSecretStore(server, component) };
    }
    case "bindings": {
      // Dapr initialises the halves separately, by the same name: each is an instance of its own, opened for one direction.
      const components: ServedComponent<"bindings">[] = [];
      const services: ServedService[] = [];
      if (definition.binding.input) {
        const input = new ServedComponent<"bindings">(definition, { logger, closeTimeoutMs, directions: ["input"] });
        components.push(input);
        services.push(...serveInputBinding(server, input, settings));
      }
      if (definition.binding.output) {
        const output = new ServedComponent<"bindings">(definition, { logger, closeTimeoutMs, directions: ["output"] });
        components.push(output);
        services.push(...serveOutputBinding(server, output));
      }
      return { components, services };
    }
  }
}
