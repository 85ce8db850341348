import { ComponentError, type Kind } from "@trilby/kit";
import {
  listServices,
  remoteBinding,
  remotePubSub,
  remoteSecretStore,
  remoteStateStore,
  type Remote,
} from "@trilby/kit/client";
import { connect, type Channel } from "@trilby/kit/transport";
import { halves } from "../core/binding-halves.ts";
import type { ComponentProcess, Opened, OpenSettings, Session } from "../core/world.ts";

export interface RemoteSettings<K extends Kind> {
  readonly kind: K;
  readonly socket: string;
  readonly properties: Readonly<Record<string, string>>;
  /** Bindings: the halves that are wanted. Absent: those that the socket offers. */
  readonly directions?: readonly ("input" | "output")[] | undefined;
  readonly process?: ComponentProcess | undefined;
  /** Instead of a plain connection to the socket. */
  readonly dial?: ((socket: string) => Promise<Channel>) | undefined;
  /** How long a component may take to be found and initialised. Default 30 s. */
  readonly initTimeoutMs?: number;
}

/** A session with whatever listens on a socket, as Dapr's runtime would have it: a connection of its own an instance. */
export async function remoteSession<K extends Kind>(settings: RemoteSettings<K>): Promise<Session<K>> {
  const { kind, socket, properties, dial = dialSocket, initTimeoutMs = 30_000 } = settings;
  const channel = await dial(socket);
  try {
    const services = await listServices(channel, initTimeoutMs);
    const directions = settings.directions ?? offered(kind, services);
    if (!services.includes(serviceOf(kind, directions))) {
      throw new ComponentError(
        "failed-precondition",
        `${socket} serves ${ours(services)}, which is not a component of kind ${kind}`,
      );
    }
    let opened = 0;
    const initialise = async (
      on: Channel,
      { name, properties: wanted = properties }: OpenSettings & { name: string },
    ) => withHalves(await remote(kind, on, name, directions).init(wanted, { timeoutMs: initTimeoutMs }), directions);
    const instanceName = `conformance-${process.pid}-${Date.now().toString(36)}`;
    const first = await initialise(channel, { name: instanceName });
    return {
      ...first,
      properties,
      process: settings.process,
      wire: { channel, instanceName, services },
      async open({ name = `${instanceName}-${++opened}`, ...rest } = {}) {
        const own = await dial(socket);
        try {
          return closing(await initialise(own, { name, ...rest }), own);
        } catch (error) {
          own.close();
          throw error;
        }
      },
      close: () => closing(first, channel).close(),
    };
  } catch (error) {
    channel.close();
    throw error;
  }
}

function withHalves<O extends { readonly features: readonly string[] }>(
  opened: O,
  directions: readonly ("input" | "output")[],
): O {
  return directions.length === 0 ? opened : { ...opened, features: directions.map((each) => halves[each]) };
}

const maxReceiveBytes = 16 * 1024 * 1024;

function dialSocket(path: string): Promise<Channel> {
  return connect({ path }, { maxReceiveBytes });
}

function closing<K extends Kind>(opened: Omit<Opened<K>, "close">, channel: Channel): Opened<K> {
  return {
    ...opened,
    async close() {
      await opened.instance.close();
      channel.close();
    },
  };
}

function remote<K extends Kind>(kind: K, channel: Channel, name: string, directions: readonly ("input" | "output")[]) {
  const remotes: { readonly [Each in Kind]: () => Remote<Each> } = {
    state: () => remoteStateStore(channel, name),
    pubsub: () => remotePubSub(channel, name),
    bindings: () => remoteBinding(channel, name, directions),
    secretstores: () => remoteSecretStore(channel, name),
  };
  return remotes[kind]() as unknown as {
    init(...args: Parameters<Remote<K>["init"]>): Promise<Omit<Opened<K>, "close">>;
  };
}

function offered(kind: Kind, services: readonly string[]): ("input" | "output")[] {
  if (kind !== "bindings") return [];
  const halves = { input: "dapr.proto.components.v1.InputBinding", output: "dapr.proto.components.v1.OutputBinding" };
  return (["input", "output"] as const).filter((direction) => services.includes(halves[direction]));
}

function serviceOf(kind: Kind, directions: readonly ("input" | "output")[]): string {
  if (kind === "bindings")
    return `dapr.proto.components.v1.${directions.includes("input") ? "InputBinding" : "OutputBinding"}`;
  return `dapr.proto.components.v1.${{ state: "StateStore", pubsub: "PubSub", secretstores: "SecretStore" }[kind]}`;
}

function ours(services: readonly string[]): string {
  return services.filter((name) => !name.startsWith("grpc.")).join(", ") || "no component";
}
