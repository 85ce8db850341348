import { type InstanceOf, type Kind, ComponentError } from "@trilby/kit";
import type { Channel, ConnectOptions } from "@trilby/kit/transport";

import { servicesOf } from "../sockets/find-socket.ts";
import { reflect } from "../sockets/reflection.ts";
import { type Backing, limited, type OpenerSettings } from "./backing.ts";

/** Larger than any API's limit that is likely to be set: what the API let in must fit, with what is around it. */
export const maxMessageBytes = 64 * 1024 * 1024;

/**
 * Connects to a socket and initialises a component behind it, on a connection of its own. Pings find a process that stands
 * still, but only our own kit may be asked so often: servers in Go end a connection that pings more than every five minutes.
 */
export async function openRemote(
  path: string,
  kind: Kind,
  { name, properties, directions, initTimeoutMs }: OpenerSettings,
  hostSignal: AbortSignal,
  keepalive?: ConnectOptions["keepalive"],
): Promise<Backing> {
  const signal = limited(hostSignal, initTimeoutMs);
  const { connect } = await import("@trilby/kit/transport");
  const channel = await connect({ path }, { maxReceiveBytes: maxMessageBytes, keepalive });
  let missing = `nobody answers at ${path}`;
  try {
    const { services, lost, end } = await reflect(channel, signal);
    missing = "Init was not answered";
    const offered = servicesOf(kind, services);
    if (offered.length === 0)
      throw new ComponentError("unimplemented", `${path} does not serve components of kind ${kind}`);
    const halves = kind === "bindings" ? bindingHalves(offered, directions, path) : [];
    const { instance, features } = await initialise(channel, kind, name, halves, properties, signal);
    return {
      instance,
      features,
      lost,
      reason: () => Promise.resolve("its connection was closed"),
      async close() {
        await instance.close().catch(() => {});
        end();
        channel.close();
      },
    };
  } catch (error) {
    channel.close();
    if (!signal.aborted || hostSignal.aborted) throw error;
    throw new ComponentError("deadline-exceeded", `${missing} within ${initTimeoutMs / 1000}s`, { cause: error });
  }
}

interface Initialised {
  readonly instance: InstanceOf[Kind];
  readonly features: readonly string[];
}

async function initialise(
  channel: Channel,
  kind: Kind,
  name: string,
  halves: readonly ("input" | "output")[],
  properties: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Initialised> {
  const { remoteBinding, remotePubSub, remoteSecretStore, remoteStateStore } = await import("@trilby/kit/client");
  switch (kind) {
    case "state":
      return remoteStateStore(channel, name).init(properties, { signal });
    case "pubsub":
      return remotePubSub(channel, name).init(properties, { signal });
    case "secretstores":
      return remoteSecretStore(channel, name).init(properties, { signal });
    case "bindings":
      return remoteBinding(channel, name, halves).init(properties, { signal });
  }
}

function bindingHalves(
  offered: readonly string[],
  wanted: OpenerSettings["directions"],
  path: string,
): readonly ("input" | "output")[] {
  const served = (["input", "output"] as const).filter((half) =>
    offered.includes(half === "input" ? "InputBinding" : "OutputBinding"),
  );
  const halves = wanted ? served.filter((half) => wanted.includes(half)) : served;
  if (halves.length > 0) return halves;
  throw new ComponentError(
    "invalid-argument",
    `${path} is an ${served.join(" and ")} binding, but metadata direction wants ${wanted?.join(", ")}`,
  );
}
