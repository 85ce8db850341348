import { type Binding, type Call, ComponentError, type InstanceOf, type Kind, type PubSub } from "@trilby/kit";
import type { RemoteBinding, RemotePubSub } from "@trilby/kit/client";
import { setTimeout as delay } from "node:timers/promises";

import type { Backing } from "../placements/backing.ts";
import { type Attachment, createAttachments } from "./attachments.ts";
import type { WaitingRoom } from "./waiting-room.ts";

/** The instance that blocks hold while what is behind it comes and goes. */
export interface StableInstance<K extends Kind> {
  readonly instance: InstanceOf[K];
  /** Takes calls to a new backing and opens every subscription and reader on it again. */
  attach(backing: Backing<K>): Promise<void>;
  /** Calls wait from now on. */
  detach(): void;
  /** Ends subscriptions and readers. */
  close(): Promise<void>;
}

/** The methods that are calls: their last parameter is a `Call`. */
const callsOf: Readonly<Record<Kind, readonly string[]>> = {
  state: ["get", "set", "delete", "bulkGet", "bulkSet", "bulkDelete", "transact", "multiMaxSize", "query", "ping"],
  pubsub: ["publish", "bulkPublish", "pause", "resume", "ping"],
  bindings: ["invoke", "ping"],
  secretstores: ["get", "bulkGet", "ping"],
};

const longestReopenMs = 1000;

type Method = (...parameters: unknown[]) => Promise<unknown>;
type Methods = Record<string, Method | undefined>;

/** Has the methods of the first backing: features of a component do not change while it runs. */
export function stableInstance<K extends Kind>(
  kind: K,
  first: Backing<K>,
  room: WaitingRoom<K>,
  report: (problem: string) => void,
): StableInstance<K> {
  let live: InstanceOf[K] | undefined = first.instance;
  const attachments = createAttachments(report);
  const shape = first.instance as unknown as Methods;

  const instance: Record<string, unknown> = {};
  for (const name of callsOf[kind]) {
    if (shape[name] === undefined) continue;
    instance[name] = (...parameters: unknown[]): Promise<unknown> => {
      if (live !== undefined) return call(live, name, parameters);
      return room.enter(callAmong(parameters)).then((back) => call(back, name, parameters));
    };
  }
  const call = (on: InstanceOf[K], name: string, parameters: readonly unknown[]): Promise<unknown> =>
    (on as unknown as Methods)[name]!(...parameters).catch((error: unknown) => {
      // The connection was given up under the call. For the caller, who cancelled nothing, the component went away.
      const isOurs = live !== on && ComponentError.is(error) && error.code === "cancelled";
      if (!isOurs || callAmong(parameters)?.signal?.aborted) throw error;
      throw new ComponentError("unavailable", `${room.reason()}; whether the call took effect is not known`, {
        cause: error,
      });
    });
  const attach = async (attachment: Attachment): Promise<{ close(): Promise<void> }> =>
    attachments.add(attachment, live ?? (await room.enter(undefined)));
  if (kind === "pubsub") {
    const subscribe: PubSub["subscribe"] = (request, deliver) =>
      attach((current, onClosed) => (current as RemotePubSub).subscribe(request, deliver, onClosed));
    instance["subscribe"] = subscribe;
  }
  if (kind === "bindings" && shape["read"] !== undefined) {
    const read: Required<Binding>["read"] = (deliver) =>
      attach((current, onClosed) => (current as Required<RemoteBinding>).read(deliver, onClosed));
    instance["read"] = read;
  }
  instance["features"] = first.features;
  const { operations } = first.instance as Partial<Binding>;
  if (operations !== undefined) instance["operations"] = operations;
  // The supervisor closes; a block that closes an instance by mistake must not take it from the others.
  instance["close"] = () => Promise.resolve();

  return {
    instance: instance as unknown as InstanceOf[K],
    async attach(backing) {
      // Subscriptions first, so that nothing is published past them; but a source that takes its time holds up no call.
      const reopened = attachments.reopen(backing.instance);
      await Promise.race([reopened, delay(longestReopenMs, undefined, { ref: false })]);
      live = backing.instance;
      room.admit(backing.instance);
    },
    detach() {
      live = undefined;
      room.open();
      attachments.detach();
    },
    close: () => attachments.close(),
  };
}

function callAmong(parameters: readonly unknown[]): Call | undefined {
  const last = parameters.at(-1);
  return typeof last === "object" && last !== null && "signal" in last ? (last as Call) : undefined;
}
