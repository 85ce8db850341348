import type { ComponentError, ErrorCode, Logger } from "@trilby/kit";
import type { Consumer } from "kafkajs";
import { clientOptions } from "../client-options.ts";
import type { KafkaOptions } from "../fields.ts";
import { kafkaError } from "../kafka-errors.ts";
import type { KafkaLibrary } from "../library.ts";
import { settlesWithin, sleep } from "./waiting.ts";

/** Errors that do not pass by waiting: somebody has to do something. */
export function isRefusal({ code }: { readonly code: ErrorCode }): boolean {
  return (
    code === "not-found" || code === "invalid-argument" || code === "permission-denied" || code === "unauthenticated"
  );
}

/** Names the topics to the consumer. A topic that is created by being asked for is not there at once. */
export async function nameTopics(consumer: Consumer, topics: readonly string[]): Promise<void> {
  const deadlineMs = Date.now() + creationLimitMs;
  for (;;) {
    try {
      // Where nothing is written down and nothing is sought, the beginning: never the end.
      return await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    } catch (error) {
      if (kafkaError("", error).code !== "not-found" || Date.now() > deadlineMs) throw error;
      await sleep(100);
    }
  }
}

/** Which topics the brokers refuse, each tried by itself. Rejects when the brokers cannot be asked. */
export async function refusedTopics(
  {
    library,
    options,
    logger,
  }: { readonly library: KafkaLibrary; readonly options: KafkaOptions; readonly logger: Logger },
  topics: readonly string[],
): Promise<Map<string, ComponentError>> {
  const refused = new Map<string, ComponentError>();
  const kafka = new library.Kafka(clientOptions(options, logger, 3));
  // It only asks, and never joins the group of this name.
  const consumer = kafka.consumer({ groupId: "asks", sessionTimeout: options.sessionTimeout });
  try {
    await consumer.connect();
    await Promise.all(
      topics.map(async (topic) => {
        try {
          await nameTopics(consumer, [topic]);
        } catch (error) {
          const reason = kafkaError(`cannot subscribe to ${topic}`, error);
          if (!isRefusal(reason)) throw reason;
          refused.set(topic, reason);
        }
      }),
    );
    return refused;
  } finally {
    await settlesWithin(consumer.disconnect(), 5_000);
  }
}

const creationLimitMs = 3_000;
