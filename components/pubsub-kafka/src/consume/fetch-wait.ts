import type { Broker, Cluster } from "kafkajs";

/**
 * Lets the brokers wait for messages as long as `waitMs` says at the time. The library knows one time for all fetches, and
 * takes the same one for its naps when all partitions are paused: those should be short.
 */
export function setFetchWait(cluster: Cluster, waitMs: () => number): void {
  const findBroker = cluster.findBroker.bind(cluster);
  const seen = new WeakSet<Broker>();
  cluster.findBroker = async (node) => {
    const broker = await findBroker(node);
    if (!seen.has(broker)) {
      seen.add(broker);
      const fetch = broker.fetch.bind(broker);
      broker.fetch = (request) => fetch({ ...request, maxWaitTime: waitMs() });
    }
    return broker;
  };
}
