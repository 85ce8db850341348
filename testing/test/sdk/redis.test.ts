import { describeService } from "@trilby/services/vitest";

import { statePart } from "./state-part.ts";
import { judge } from "./world.ts";

describeService("redis", (redis) => {
  judge(
    [{ name: "redis", type: "state.redis", package: "state-redis", properties: { redisHost: redis.address } }],
    [statePart("redis")],
  );
});
