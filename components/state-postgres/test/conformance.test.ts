import { conform } from "@trilby/conformance/vitest";
import { describeService } from "@trilby/services/vitest";
import { postgresqlV1, postgresqlV2 } from "../src/index.ts";

const folder = new URL("..", import.meta.url);

describeService("postgres", { killable: true }, (postgres) => {
  const properties = { connectionString: postgres.url };
  conform(postgresqlV1, {
    package: folder,
    properties,
    facts: { badEtag: "1", malformedEtag: "bad-etag" },
    backend: postgres,
  });
  conform(postgresqlV2, {
    package: folder,
    properties: { ...properties, tablePrefix: "v2_" },
    facts: { badEtag: "e9b9e142-74b1-4a2e-8e90-3f4ffeea2e70" },
    backend: postgres,
  });
});
