import { describeService } from "@trilby/services/vitest";

import { statePart } from "./state-part.ts";
import { judge } from "./world.ts";

describeService("postgres", (postgres) => {
  const shared = { type: "state.postgresql", package: "state-postgres" };
  const connectionString = postgres.url;
  judge(
    [
      { ...shared, name: "v1", version: "v1", properties: { connectionString } },
      { ...shared, name: "v2", version: "v2", properties: { connectionString, tablePrefix: "v2_" } },
    ],
    [statePart("v1"), statePart("v2")],
  );
});
