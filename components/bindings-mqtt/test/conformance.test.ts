import { conform } from "@trilby/conformance/vitest";
import { describeService } from "@trilby/services/vitest";
import definition from "../src/index.ts";

describeService("mosquitto", { killable: true }, (mosquitto) => {
  // Without it, a refused event comes again half a minute later.
  const properties = { url: mosquitto.url, topic: "conformance", consumerID: "conformance", backOffMaxRetries: "-1" };
  conform(definition, { package: new URL("..", import.meta.url), properties, backend: mosquitto });
});
