import type { Cluster } from "kafkajs";
import type { PartitionOffset } from "./commits.ts";

/** Where each partition ended when its topic was first subscribed to, by topic. Lives as long as the component. */
export type FirstSeen = Map<string, Map<number, string>>;

type Coordinator = Awaited<ReturnType<Cluster["findGroupCoordinator"]>>;

/**
 * With initialOffset newest: where partitions begin of which the group has not written down anything yet. They begin where
 * they ended when we first saw them, and that is written down at once: else a message that was refused before anything was
 * acknowledged would be behind "newest" after the next rebalance. A partition that was added later begins at its beginning.
 */
export async function unwrittenPositions(
  cluster: Cluster,
  coordinator: Coordinator,
  groupId: string,
  assignment: Readonly<Record<string, readonly number[]>>,
  firstSeen: FirstSeen,
): Promise<PartitionOffset[]> {
  const topics = Object.keys(assignment);
  if (topics.length === 0) return [];
  const asked = topics.map((topic) => ({
    topic,
    partitions: assignment[topic]!.map((partition) => ({ partition, offset: "-1" })),
  }));
  const { responses } = await coordinator.offsetFetch({ groupId, topics: asked });
  const unwritten: { topic: string; partition: number }[] = responses.flatMap(({ topic, partitions }) =>
    partitions.filter(({ offset }) => BigInt(offset) < 0n).map(({ partition }) => ({ topic, partition })),
  );
  await see(
    cluster,
    topics.filter((topic) => !firstSeen.has(topic)),
    firstSeen,
  );
  return unwritten.flatMap(({ topic, partition }) => {
    const offset = firstSeen.get(topic)?.get(partition);
    return offset === undefined ? [] : [{ topic, partition, offset }];
  });
}

async function see(cluster: Cluster, topics: readonly string[], firstSeen: FirstSeen): Promise<void> {
  if (topics.length === 0) return;
  const ends = await cluster.fetchTopicsOffset(
    topics.map((topic) => ({
      topic,
      partitions: cluster.findTopicPartitionMetadata(topic).map(({ partitionId: partition }) => ({ partition })),
      fromBeginning: false,
    })),
  );
  for (const { topic, partitions } of ends) {
    firstSeen.set(topic, new Map(partitions.map(({ partition, offset }) => [partition, offset])));
  }
}
