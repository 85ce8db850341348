import type { PubSub } from "../contract/pubsub.ts";
import type { Lifetime } from "./lifetime.ts";

export function guardPubSub(broker: PubSub, lifetime: Lifetime): PubSub {
  const { bulkPublish, pause, resume, ping } = broker;
  const guarded: PubSub = {
    ...(broker.features && { features: broker.features }),
    publish: (request, call) => (lifetime.open ? broker.publish(request, call) : lifetime.refuse()),
    subscribe: (request, deliver) => (lifetime.open ? broker.subscribe(request, deliver) : lifetime.refuse()),
    close: () => lifetime.close(),
  };
  if (bulkPublish) {
    guarded.bulkPublish = (request, call) => {
      if (!lifetime.open) return lifetime.refuse();
      return request.entries.length === 0 ? Promise.resolve([]) : bulkPublish.call(broker, request, call);
    };
  }
  if (pause) guarded.pause = (call) => (lifetime.open ? pause.call(broker, call) : lifetime.refuse());
  if (resume) guarded.resume = (call) => (lifetime.open ? resume.call(broker, call) : lifetime.refuse());
  if (ping) guarded.ping = (call) => (lifetime.open ? ping.call(broker, call) : lifetime.refuse());
  return guarded;
}
