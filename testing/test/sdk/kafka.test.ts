import { describeService } from "@trilby/services/vitest";

import { pubsubPart } from "./pubsub-part.ts";
import { judge } from "./world.ts";

describeService("kafka", (kafka) => {
  judge(
    [
      {
        name: "kafka",
        type: "pubsub.kafka",
        package: "pubsub-kafka",
        // A message that is wanted again comes after 5 s unless told otherwise.
        properties: { brokers: kafka.address, authType: "none", initialOffset: "oldest", backOffDuration: "100ms" },
      },
    ],
    [pubsubPart("kafka")],
  );
});
