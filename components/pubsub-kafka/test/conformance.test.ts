import { conform } from "@trilby/conformance/vitest";
import { describeService } from "@trilby/services/vitest";
import definition from "../src/index.ts";

describeService("kafka", { killable: true }, (kafka) => {
  // A refused message comes again after 5 s unless told otherwise.
  const properties = { brokers: kafka.address, authType: "none", consumerID: "conformance", backOffDuration: "200ms" };
  conform(definition, { package: new URL("..", import.meta.url), properties, backend: kafka });
});
