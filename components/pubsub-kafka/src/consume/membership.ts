import type { Logger } from "@trilby/kit";
import type { Cluster, Consumer, EachBatchPayload } from "kafkajs";
import { clientOptions, positive, retryPauses } from "../client-options.ts";
import type { KafkaOptions } from "../fields.ts";
import { kafkaError } from "../kafka-errors.ts";
import type { KafkaLibrary } from "../library.ts";
import { assignerFor } from "./assigners.ts";
import { Backlog } from "./backlog.ts";
import { Commits, partitionKey } from "./commits.ts";
import { deliverPartition, type DeliverySettings } from "./deliver-partition.ts";
import { setFetchWait } from "./fetch-wait.ts";
import { Generation, type Leftovers } from "./generation.ts";
import { unwrittenPositions, type FirstSeen } from "./positions.ts";
import { nameTopics } from "./refusals.ts";
import { settlesWithin, sleep } from "./waiting.ts";

export interface MembershipSettings {
  readonly library: KafkaLibrary;
  readonly options: KafkaOptions;
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly logger: Logger;
  readonly delivery: DeliverySettings;
  readonly leftovers: Leftovers;
  readonly firstSeen: FirstSeen;
}

/** Being a member of the consumer group, for one set of topics. */
export interface Membership {
  readonly topics: readonly string[];
  /** Resolves when partitions are assigned and everything published from now on will be delivered. */
  readonly joined: Promise<void>;
  /** Resolves when the library gave up. The membership is over then. */
  readonly lost: Promise<Error>;
  /** Writes down what was acknowledged so far. */
  commit(): Promise<void>;
  /** Waits for deliveries under way, writes down what was acknowledged, tells the group. */
  leave(limitMs: number): Promise<void>;
}

/** Joins the group. Rejects when brokers cannot be reached or a topic is refused. */
export async function joinGroup(settings: MembershipSettings): Promise<Membership> {
  const { library, options, groupId, topics, logger, delivery } = settings;
  const joined = Promise.withResolvers<void>();
  const lost = Promise.withResolvers<Error>();
  let generation: Generation | undefined;
  let over = false;
  let cluster: Cluster | undefined;
  let findCoordinator: Cluster["findGroupCoordinator"] | undefined;

  // The library tells nobody before it joins again, when the partitions are no longer ours. The one thing that it does
  // first is to look for the coordinator.
  const assigner = assignerFor(library, options.consumerGroupRebalanceStrategy as "range", (its) => {
    cluster = its;
    setFetchWait(its, () => Math.min(fetchWaitMs, heldUpWaitMs + (generation?.heldUpForMs ?? Infinity) / 4));
    findCoordinator = its.findGroupCoordinator.bind(its);
    its.findGroupCoordinator = async (group) => {
      await endGeneration(revokeLimitMs);
      return findCoordinator!(group);
    };
  });
  // Short outages are waited out, so that the group knows us again afterwards.
  const kafka = new library.Kafka(clientOptions(options, logger, outageRetries));
  const consumer = kafka.consumer({
    groupId,
    partitionAssigners: [assigner],
    sessionTimeout: options.sessionTimeout,
    heartbeatInterval: options.heartbeatInterval,
    rebalanceTimeout: 60_000,
    maxWaitTimeInMs: heldUpWaitMs,
    minBytes: options.consumerFetchMin,
    maxBytesPerPartition: options.consumerFetchDefault,
    metadataMaxAge: positive(options.clientConnectionTopicMetadataRefreshInterval, 480_000),
    retry: { retries: Number.MAX_SAFE_INTEGER, ...retryPauses, restartOnFailure: async () => false },
  });
  const revokeLimitMs = Math.floor((options.sessionTimeout * 2) / 3);
  const commits = new Commits(
    (offsets) => consumer.commitOffsets(offsets),
    (error) => logger.debug("offsets could not be written down, trying again", { error: String(error) }),
  );
  consumer.on(consumer.events.COMMIT_OFFSETS, ({ payload }) => {
    for (const { topic, partitions } of payload.topics)
      for (const { partition, offset } of partitions) commits.written(topic, partition, offset);
  });
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    if (over) return;
    const begun = new Generation(settings.leftovers);
    generation = begun;
    commits.forget();
    begun.positioned = findPositions(begun, payload.memberAssignment);
    void begun.positioned.then(() => allWritten(begun)).then(joined.resolve);
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => lost.resolve(payload.error));
  const stopWatching = watch(consumer, options, (problem) => lost.resolve(new Error(problem)));

  async function endGeneration(limitMs: number): Promise<void> {
    const ending = generation;
    if (!ending) return;
    generation = undefined;
    await ending.stop(limitMs);
    await settlesWithin(commits.flush(), commitLimitMs);
    ending.end();
  }

  /** Gives up only with the generation. */
  async function findPositions(begun: Generation, assignment: Record<string, number[]>): Promise<void> {
    if (options.initialOffset === "oldest") return;
    while (begun.alive) {
      try {
        const coordinator = await findCoordinator!({ groupId });
        for (const position of await unwrittenPositions(
          cluster!,
          coordinator,
          groupId,
          assignment,
          settings.firstSeen,
        )) {
          if (!begun.alive) return;
          consumer.seek(position);
          commits.due(position);
        }
        return;
      } catch (error) {
        logger.debug("the positions of partitions could not be read, trying again", { error: String(error) });
        await sleep(200, begun.stopping);
      }
    }
  }

  async function allWritten(begun: Generation): Promise<void> {
    while (begun.alive && !commits.clean) {
      await commits.flush();
      if (!commits.clean) await sleep(10, begun.stopping);
    }
    // A generation that ended early leaves it to the next one.
    if (!begun.alive) await new Promise<never>(() => {});
  }

  /** Only takes the batch in: a partition that takes its time must not keep the library from fetching the others. */
  async function eachBatch({ batch, resolveOffset, pause, isStale }: EachBatchPayload): Promise<void> {
    const current = generation;
    if (!current || !(await settlesWithin(current.positioned, positionLimitMs))) return;
    if (isStale() || current !== generation) return;
    // Where the next fetch goes on. What is written down is another matter.
    resolveOffset(batch.messages.at(-1)!.offset);
    const fetched = { messages: batch.messages, lastOffset: batch.lastOffset() };
    current.backlog(partitionKey(batch), () => newBacklog(batch, current)).add(fetched, () => current.holdUp(pause()));
  }

  function newBacklog({ topic, partition }: EachBatchPayload["batch"], current: Generation): Backlog {
    return new Backlog({
      limitBytes: options.consumerFetchDefault,
      deliver: (waiting) =>
        deliverPartition({ topic, partition }, waiting, current, delivery, ({ nextOffset }) =>
          commits.due({ topic, partition, offset: nextOffset }),
        ).catch((error: unknown) => lost.resolve(new Error("delivering failed", { cause: error }))),
    });
  }

  async function hangUp(): Promise<void> {
    stopWatching();
    commits.stop();
    await settlesWithin(consumer.disconnect(), hangUpLimitMs);
  }

  try {
    await consumer.connect();
    await nameTopics(consumer, topics);
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 16,
      eachBatch,
    });
  } catch (error) {
    over = true;
    await hangUp();
    throw kafkaError(`cannot subscribe to ${topics.join(", ")}`, error);
  }

  return {
    topics,
    joined: joined.promise,
    lost: lost.promise,
    async commit() {
      // One write is not enough where the library skips it, or the broker is busy.
      if (generation) await settlesWithin(allWritten(generation), commitLimitMs);
    },
    async leave(limitMs) {
      over = true;
      await endGeneration(limitMs);
      await hangUp();
    },
  };
}

/** Calls when the library has been silent for so long that it must have lost its way. */
function watch(consumer: Consumer, options: KafkaOptions, silent: (problem: string) => void): () => void {
  const limitMs = Math.max(60_000, 3 * options.sessionTimeout, 2 * options.readTimeout);
  let lastSeenMs = Date.now();
  const seen = () => {
    lastSeenMs = Date.now();
  };
  consumer.on(consumer.events.FETCH, seen);
  consumer.on(consumer.events.GROUP_JOIN, seen);
  const timer = setInterval(() => {
    if (Date.now() - lastSeenMs > limitMs) silent(`nothing was fetched for ${Math.round(limitMs / 1000)} s`);
  }, 5_000);
  return () => clearInterval(timer);
}

/** How long a fetch waits for messages. */
const fetchWaitMs = 250;
/** The same while partitions are held up: they are back within this time, or within a quarter of what they were away. */
const heldUpWaitMs = 20;
const positionLimitMs = 1_000;
const commitLimitMs = 3_000;
const hangUpLimitMs = 5_000;
/** About half a minute. */
const outageRetries = 30;
