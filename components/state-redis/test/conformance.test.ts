import { conform } from "@trilby/conformance/vitest";
import { describeService } from "@trilby/services/vitest";
import definition from "../src/index.ts";

const folder = new URL("..", import.meta.url);

describeService("redis", { killable: true }, (redis) => {
  conform(definition, {
    package: folder,
    properties: { redisHost: redis.address },
    features: definition.features.filter((feature) => feature !== "QUERY_API"),
    backend: redis,
  });
});

describeService("redis-stack", (stack) => {
  const indexes = [
    { key: "message", type: "TEXT" },
    { key: "status", type: "TEXT" },
    { key: "product.value", type: "NUMERIC" },
  ];
  const queryIndexes = JSON.stringify([{ name: "conformance", indexes }]);
  conform(definition, {
    package: folder,
    variant: "with Search and JSON",
    properties: { redisHost: stack.address, queryIndexes },
  });
});
