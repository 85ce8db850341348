import { definePubSub } from "@trilby/kit";
import { createBroker } from "./broker.ts";

export { createBroker, type BrokerLimits } from "./broker.ts";

export default definePubSub({
  type: "pubsub.in-memory",
  version: "v1",
  status: "development-only",
  title: "In-memory",
  description:
    "Carries messages within the memory of its process, and forgets them when that ends. For development and tests. " +
    "A topic that ends in * subscribes to every topic that begins so.",
  urls: [
    {
      title: "Reference",
      url: "https://docs.dapr.io/reference/components-reference/supported-pubsub/setup-inmemory/",
    },
  ],
  placement: "in-process",
  features: ["SUBSCRIBE_WILDCARDS"],
  metadata: {},
  async open(_, { logger, name }) {
    return createBroker({ warn: (problem) => logger.warn(`pubsub "${name}": ${problem}`) });
  },
});
