import { ComponentError, type BulkPublishFailure, type Call, type OpenContext, type PubSub } from "@trilby/kit";
import type { Admin } from "kafkajs";
import { clientOptions, positive } from "./client-options.ts";
import { createAttempts } from "./consume/attempts.ts";
import { ConsumerGroup } from "./consume/consumer-group.ts";
import { receivedMessage } from "./consume/received.ts";
import { settlesWithin } from "./consume/waiting.ts";
import type { KafkaOptions } from "./fields.ts";
import { headerRules } from "./headers.ts";
import { kafkaError } from "./kafka-errors.ts";
import { loadKafka } from "./library.ts";
import { daprPartitioner } from "./publish/partitioner.ts";
import { createPublisher, type BulkEntry } from "./publish/publisher.ts";
import { checkTopic, outgoingRecord, refuseAvro } from "./publish/record.ts";

/** Connects a producer; consumers connect when something is subscribed to. */
export async function openBroker(options: KafkaOptions, { logger, signal }: OpenContext): Promise<PubSub> {
  const library = await loadKafka();
  const { brokers, compression } = options;
  const kafka = new library.Kafka(clientOptions(options, logger, options.producerRetryMax));
  const rules = headerRules(options.excludeHeaderMetaRegex, options.escapeHeaders);
  const maxMessageBytes = options.maxMessageBytes || 1024 * 1024;
  const groupId = options.consumerGroup || options.consumerID;
  const producer = kafka.producer({
    createPartitioner: daprPartitioner,
    metadataMaxAge: positive(options.clientConnectionTopicMetadataRefreshInterval, 480_000),
  });
  const { GZIP, ZSTD, None } = library.CompressionTypes;
  const publisher = createPublisher({
    producer,
    acks: { all: -1, local: 1, none: 0 }[options.producerRequiredAcks],
    compression: compression === "gzip" ? GZIP : compression === "zstd" ? ZSTD : None,
    timeoutMs: Math.min(replicasLimitMs, positive(options.readTimeout, replicasLimitMs)),
  });
  let group: ConsumerGroup | undefined;
  let admin: Promise<Admin> | undefined;

  try {
    await producer.connect();
    signal.throwIfAborted();
  } catch (error) {
    await settlesWithin(producer.disconnect(), hangUpLimitMs);
    throw kafkaError(`cannot connect to the brokers at ${brokers.join(", ")}`, error);
  }
  if (options.producerRequiredAcks === "none")
    logger.warn("producerRequiredAcks is none: a message that a broker does not keep is lost without a word");

  function groupOf(topic: string): ConsumerGroup {
    if (!groupId) {
      const fix = "set consumerGroup or consumerID";
      throw new ComponentError(
        "failed-precondition",
        `cannot subscribe to ${topic}: there is no consumer group, ${fix}`,
      );
    }
    const delivery = {
      messageOf: (its: string, partition: number, message: Parameters<typeof receivedMessage>[2]) =>
        receivedMessage(its, partition, message, rules),
      newAttempts: () => createAttempts(options),
    };
    group ??= new ConsumerGroup({ library, options, groupId, logger, delivery });
    return group;
  }

  async function connectAdmin(): Promise<Admin> {
    const connecting = new library.Kafka(clientOptions(options, logger, 0)).admin();
    await connecting.connect();
    return connecting;
  }

  return {
    async publish({ topic, data, metadata }, call) {
      checkTopic(topic);
      const publishing = publisher.publish(topic, outgoingRecord(data, metadata, rules, maxMessageBytes));
      await (call?.signal ? unlessAborted(publishing, call.signal, `publishing to ${topic}`) : publishing);
    },

    async bulkPublish({ topic, entries, metadata }) {
      checkTopic(topic);
      refuseAvro(metadata);
      const failures: BulkPublishFailure[] = [];
      const sound: BulkEntry[] = [];
      for (const { entryId, event, metadata: own } of entries) {
        try {
          // As in Dapr, what the request says goes over what the entry says.
          sound.push({ entryId, record: outgoingRecord(event, { ...own, ...metadata }, rules, maxMessageBytes) });
        } catch (error) {
          failures.push({ entryId, error: (error as Error).message });
        }
      }
      return [...failures, ...(await publisher.publishAll(topic, sound))];
    },

    async subscribe({ topic, metadata, ahead = 1 }, deliver) {
      checkTopic(topic);
      refuseAvro(metadata);
      return groupOf(topic).subscribe(topic, deliver, ahead);
    },

    async pause() {
      group?.pause();
    },

    async resume() {
      group?.resume();
    },

    async ping(call?: Call) {
      admin ??= connectAdmin();
      try {
        const limit = AbortSignal.timeout(pingLimitMs);
        const signal = call?.signal ? AbortSignal.any([call.signal, limit]) : limit;
        const client = await unlessAborted(admin, signal, "connecting");
        await unlessAborted(client.describeCluster(), signal, "asking");
      } catch (error) {
        const broken = admin;
        admin = undefined;
        void broken.then((client) => client.disconnect()).catch(() => {});
        throw kafkaError(`the brokers at ${brokers.join(", ")} do not answer`, error);
      }
    },

    async close() {
      await group?.close();
      await settlesWithin(publisher.drain(), drainLimitMs);
      await settlesWithin(producer.disconnect(), hangUpLimitMs);
      if (admin)
        await settlesWithin(
          admin.then((client) => client.disconnect()),
          hangUpLimitMs,
        );
    },
  };
}

/** How long the leader of a partition may wait for its replicas. */
const replicasLimitMs = 10_000;
const hangUpLimitMs = 5_000;
const drainLimitMs = 30_000;
const pingLimitMs = 5_000;

/** The work itself goes on: what was sent cannot be called back. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal, doing: string): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const giveUp = () => reject(new ComponentError("deadline-exceeded", `${doing} took longer than the caller waits`));
  signal.addEventListener("abort", giveUp, { once: true });
  if (signal.aborted) giveUp();
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}
