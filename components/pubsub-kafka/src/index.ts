import { definePubSub } from "@trilby/kit";
import { kafkaFields } from "./fields.ts";
import { kafkaProblems } from "./problems.ts";

export default definePubSub({
  type: "pubsub.kafka",
  version: "v1",
  status: "stable",
  title: "Apache Kafka",
  description: "Carries messages over Apache Kafka, or a server that speaks its protocol.",
  urls: [
    {
      title: "Reference",
      url: "https://docs.dapr.io/reference/components-reference/supported-pubsub/setup-apache-kafka/",
    },
  ],
  placement: "child",
  features: ["BULK_PUBSUB", "BULK_SUBSCRIBE_IMMEDIATE"],
  metadata: kafkaFields,
  check: (options) => kafkaProblems(options),

  async open(options, context) {
    const { openBroker } = await import("./broker.ts");
    return openBroker(options, context);
  },
});
