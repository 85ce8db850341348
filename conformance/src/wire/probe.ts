import type { Kind } from "@trilby/kit";
import { RpcCode, RpcError } from "@trilby/kit/transport";
import type { ServiceDefinition } from "@trilby/proto";
import {
  InputBindingDefinition,
  OutputBindingDefinition,
  PubSubDefinition,
  SecretStoreDefinition,
  StateStoreDefinition,
} from "@trilby/proto/components";
import { propertiesOf } from "../bindings/binding.ts";
import type { Wire, World } from "../core/world.ts";
import { call, codeOf } from "./call.ts";

/** What every kind has on the wire: services to initialise, and a harmless call that needs an initialised instance. */
export interface Probe<K extends Kind> {
  /** Of this component: a binding may serve either half, or both. */
  services(wire: Wire): readonly ServiceDefinition[];
  /** Metadata of one more instance, which does not get in the way of the others. */
  properties(world: World<K>): Readonly<Record<string, string>>;
  /** Answers when the instance of that name works. */
  use(world: World<K>, instance: string | undefined): Promise<unknown>;
}

export const probes: { readonly [K in Kind]: Probe<K> } = {
  state: {
    services: () => [StateStoreDefinition],
    properties: ({ properties }) => properties,
    use: ({ wire }, instance) =>
      call(
        wire!,
        StateStoreDefinition,
        StateStoreDefinition.methods.get,
        { key: "conformance-probe", metadata: {}, consistency: 0 },
        instance,
      ),
  },
  pubsub: {
    services: () => [PubSubDefinition],
    properties: ({ properties, unique }) => ({ ...properties, consumerID: unique("group") }),
    use: ({ wire, facts, unique }, instance) => {
      const request = {
        data: new TextEncoder().encode("probe"),
        pubsubName: instance ?? "",
        topic: facts.topicPrefix + unique("probe"),
        metadata: { ...facts.publishMetadata },
        contentType: "",
      };
      return call(wire!, PubSubDefinition, PubSubDefinition.methods.publish, request, instance);
    },
  },
  bindings: {
    services: ({ services }) =>
      [InputBindingDefinition, OutputBindingDefinition].filter(({ fullName }) => services.includes(fullName)),
    properties: (world) => propertiesOf(world, world.unique("instance")),
    use: ({ wire }, instance) =>
      wire!.services.includes(OutputBindingDefinition.fullName)
        ? call(wire!, OutputBindingDefinition, OutputBindingDefinition.methods.listOperations, {}, instance)
        : pingOrUnimplemented(wire!, instance),
  },
  secretstores: {
    services: () => [SecretStoreDefinition],
    properties: ({ properties }) => properties,
    use: ({ wire, facts }, instance) =>
      call(
        wire!,
        SecretStoreDefinition,
        SecretStoreDefinition.methods.bulkGet,
        { metadata: { ...facts.metadata } },
        instance,
      ),
  },
};

/** The only call that an input binding has besides its stream. */
async function pingOrUnimplemented(wire: Wire, instance: string | undefined): Promise<void> {
  const code = await codeOf(call(wire, InputBindingDefinition, InputBindingDefinition.methods.ping, {}, instance));
  if (code !== RpcCode.OK && code !== RpcCode.UNIMPLEMENTED) throw new RpcError(code, `Ping ended with status ${code}`);
}
