import { ComponentError, type Logger } from "@trilby/kit";
import type { MqttClient } from "mqtt";
import { connected, connectionError, createClient, endClient } from "./connection.ts";
import type { MqttOptions } from "./fields.ts";
import { checkPublishTopic } from "./topics.ts";

export interface Publisher {
  /** Resolves when the broker has acknowledged the message. */
  publish(topic: string, data: Uint8Array, signal?: AbortSignal): Promise<void>;
  /** Resolves when connected. */
  connected(limitMs: number, signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Connects with the first message, as Dapr's own component does. */
export function createPublisher(options: MqttOptions, logger: Logger): Publisher {
  let connecting: Promise<MqttClient> | undefined;
  const connect = () => (connecting ??= createClient(options, "producer", logger));

  async function publish(topic: string, data: Uint8Array, deadlineMs: number, signal?: AbortSignal): Promise<void> {
    const client = await connect();
    await connected(client, deadlineMs - Date.now(), signal);
    await acknowledged(client, topic, data, options.retain, deadlineMs - Date.now(), signal);
  }

  return {
    async publish(topic, data, signal) {
      checkPublishTopic(topic);
      const deadlineMs = Date.now() + limitMs;
      for (let attempt = 1; ; attempt++) {
        try {
          return await publish(topic, data, deadlineMs, signal);
        } catch (error) {
          const failure = connectionError(error);
          const passes = failure.code === "unavailable" && !signal?.aborted;
          if (!passes || attempt === attempts || Date.now() + pauseMs >= deadlineMs) {
            throw new ComponentError(failure.code, `cannot publish to ${topic}: ${failure.message}`, { cause: error });
          }
          await new Promise((resolve) => setTimeout(resolve, pauseMs));
        }
      }
    },
    connected: async (waitMs, signal) => connected(await connect(), waitMs, signal),
    async close() {
      if (connecting) await endClient(await connecting);
    },
  };
}

const limitMs = 10_000;
const attempts = 3;
const pauseMs = 200;

/** A message that was not acknowledged in time is taken back, so that it is not sent after its failure was reported. */
async function acknowledged(
  client: MqttClient,
  topic: string,
  data: Uint8Array,
  retain: boolean,
  waitMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const answered = (error?: Error) => (error ? reject(error) : resolve());
  client.publish(topic, Buffer.from(data.buffer, data.byteOffset, data.byteLength), { qos: 1, retain }, answered);
  const giveUp = (code: "deadline-exceeded" | "cancelled", reason: string) => {
    reject(new ComponentError(code, reason));
    for (const [messageId, { cb }] of Object.entries(client.outgoing))
      if (cb === answered) client.removeOutgoingMessage(Number(messageId));
  };
  const timer = setTimeout(() => giveUp("deadline-exceeded", "the broker did not acknowledge it in time"), waitMs);
  const onAbort = () => giveUp("cancelled", "the caller no longer waits");
  signal?.addEventListener("abort", onAbort);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}
