import type { Admin, Consumer, Kafka, Producer } from "kafkajs";
import { afterAll } from "vitest";
import { loadKafka } from "../src/library.ts";
import { daprPartitioner } from "../src/publish/partitioner.ts";
import { topicName } from "./open.ts";

export interface OtherClient {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly producer: Producer;
  consumer(groupId: string): Consumer;
  /** A topic of its own with that many partitions. */
  topicOf(partitions: number): Promise<string>;
  /** The offsets that a group has written down, by partition. */
  committed(groupId: string, topic: string): Promise<number[]>;
}

/** A client beside the component, to look at the brokers from outside. Ends with the suite. */
export async function otherClient(address: string): Promise<OtherClient> {
  const { Kafka, logLevel } = await loadKafka();
  const kafka = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  const producer = kafka.producer({ createPartitioner: daprPartitioner });
  await Promise.all([admin.connect(), producer.connect()]);
  afterAll(async () => {
    await Promise.all([admin.disconnect(), producer.disconnect()]);
  });
  return {
    kafka,
    admin,
    producer,
    consumer: (groupId) => kafka.consumer({ groupId, maxWaitTimeInMs: 100 }),
    async topicOf(partitions) {
      const topic = topicName();
      await admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: true });
      return topic;
    },
    async committed(groupId, topic) {
      const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
      const byPartition = found!.partitions.toSorted((left, right) => left.partition - right.partition);
      return byPartition.map(({ offset }) => Number(offset));
    },
  };
}

export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
