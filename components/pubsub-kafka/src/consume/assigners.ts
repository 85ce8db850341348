import type { Assignment, Cluster, GroupMember, PartitionAssigner } from "kafkajs";
import type { KafkaLibrary } from "../library.ts";

/** Which partitions of a topic each of its members gets. Members are in order. */
type Share = (
  members: readonly string[],
  partitionsByTopic: ReadonlyMap<string, readonly number[]>,
  wants: Wants,
) => Shares;
type Wants = (member: string, topic: string) => boolean;
type Shares = Map<string, Record<string, number[]>>;

/**
 * Assignment by one of Kafka's usual strategies, under its usual name, so that members of other makes fit in. Members may
 * want different topics: those that we do not read ourselves are looked up.
 */
export function assignerFor(
  { AssignerProtocol }: KafkaLibrary,
  strategy: "range" | "roundrobin",
  joins: (cluster: Cluster) => void,
): PartitionAssigner {
  const share = strategy === "range" ? byRange : byTurns;
  return ({ cluster }) => {
    joins(cluster);
    return {
      name: strategy,
      version: 0,
      protocol: ({ topics }) => ({
        name: strategy,
        metadata: AssignerProtocol.MemberMetadata.encode({ version: 0, topics, userData: Buffer.alloc(0) }),
      }),
      async assign({ members }) {
        const wanted = new Map(members.map((member) => [member.memberId, topicsOf(member)]));
        const partitions = await partitionsOf(cluster, new Set([...wanted.values()].flatMap((topics) => [...topics])));
        const ids = [...wanted.keys()].sort();
        const shares = share(ids, partitions, (member, topic) => wanted.get(member)!.has(topic));
        return ids.map((memberId) => ({ memberId, memberAssignment: encode(shares.get(memberId) ?? {}) }));
      },
    };
  };

  function topicsOf({ memberMetadata }: GroupMember): ReadonlySet<string> {
    return new Set(AssignerProtocol.MemberMetadata.decode(memberMetadata)?.topics);
  }

  function encode(assignment: Assignment): Buffer {
    return AssignerProtocol.MemberAssignment.encode({ version: 0, assignment, userData: Buffer.alloc(0) });
  }
}

async function partitionsOf(cluster: Cluster, topics: ReadonlySet<string>): Promise<Map<string, number[]>> {
  const unknown = [...topics].filter((topic) => cluster.findTopicPartitionMetadata(topic).length === 0);
  // A topic that is gone must not keep the others from being shared out.
  for (const topic of unknown) await cluster.addMultipleTargetTopics([topic]).catch(() => {});
  const partitions = new Map<string, number[]>();
  for (const topic of [...topics].sort()) {
    const ids = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
    partitions.set(
      topic,
      ids.sort((left, right) => left - right),
    );
  }
  return partitions;
}

/** Topic by topic, neighbouring partitions to each member. */
const byRange: Share = (members, partitionsByTopic, wants) => {
  const shares: Shares = new Map();
  for (const [topic, partitions] of partitionsByTopic) {
    const takers = members.filter((member) => wants(member, topic));
    takers.forEach((member, index) => {
      const from = Math.ceil((partitions.length * index) / takers.length);
      const to = Math.ceil((partitions.length * (index + 1)) / takers.length);
      give(shares, member, topic, partitions.slice(from, to));
    });
  }
  return shares;
};

/** All partitions of all topics in turn. */
const byTurns: Share = (members, partitionsByTopic, wants) => {
  const shares: Shares = new Map();
  let turn = 0;
  for (const [topic, partitions] of partitionsByTopic) {
    if (!members.some((member) => wants(member, topic))) continue;
    for (const partition of partitions) {
      while (!wants(members[turn % members.length]!, topic)) turn++;
      give(shares, members[turn++ % members.length]!, topic, [partition]);
    }
  }
  return shares;
};

function give(shares: Shares, member: string, topic: string, partitions: readonly number[]): void {
  if (partitions.length === 0) return;
  const share = shares.get(member) ?? {};
  share[topic] = [...(share[topic] ?? []), ...partitions];
  shares.set(member, share);
}
