import { conform } from "@trilby/conformance/vitest";
import { describeService } from "@trilby/services/vitest";
import definition from "../src/index.ts";

describeService("mosquitto", { killable: true }, (mosquitto) => {
  const properties = { url: mosquitto.url, topic: "conformance", consumerID: "conformance" };
  conform(definition, { package: new URL("..", import.meta.url), properties, backend: mosquitto });
});
