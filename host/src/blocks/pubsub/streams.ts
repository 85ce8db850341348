import { RpcCode, RpcError } from "@trilby/kit/transport";
import { DaprDefinition } from "@trilby/proto/runtime";

import type { GrpcMethod } from "../../api/grpc/method.ts";
import type { ComponentRegistry } from "../../components/registry.ts";
import type { AppSubscription } from "./app-subscription.ts";
import { openStreamSession, type StreamSession } from "./stream-session.ts";
import type { SubscribeSettings } from "./subscribe.ts";

export interface StreamsSettings extends SubscribeSettings {
  readonly registry: ComponentRegistry;
  /** What the gRPC API sends at most in one message. Undefined: no limit. */
  readonly maxMessageBytes: number | undefined;
  /** How long the application may take to answer what it has when a subscription stops. */
  readonly drainMs: number;
}

/** The subscriptions that the application opens as gRPC streams. They live beside the others, and need no app port. */
export interface Streams {
  readonly method: GrpcMethod;
  /** In the order they were opened. */
  subscriptions(): readonly AppSubscription[];
  /** Delivers nothing new, takes answers for at most the time given, then ends the streams. For good. */
  stop(drainMs: number): Promise<void>;
}

export function createStreams(settings: StreamsSettings): Streams {
  const { registry, drainMs } = settings;
  const sessions = new Set<StreamSession>();
  let isOver = false;

  registry.onUnload("pubsub", async ({ name }) => {
    const concerned = [...sessions].filter(({ subscription }) => subscription?.pubsubName === name);
    await Promise.all(concerned.map((session) => session.stop(drainMs)));
  });

  const { name } = DaprDefinition.methods.subscribeTopicEventsAlpha1;
  return {
    method: {
      path: `/${DaprDefinition.fullName}/${name}`,
      api: { group: "subscribe", version: "v1alpha1" },
      async stream(stream) {
        if (isOver) throw new RpcError(RpcCode.UNAVAILABLE, "subscriber is closed");
        const session = openStreamSession(stream, settings);
        sessions.add(session);
        try {
          await session.finished;
        } finally {
          sessions.delete(session);
        }
      },
    },
    subscriptions: () => [...sessions].flatMap(({ subscription }) => subscription ?? []),
    async stop(limitMs) {
      isOver = true;
      await Promise.all([...sessions].map((session) => session.stop(limitMs)));
    },
  };
}
