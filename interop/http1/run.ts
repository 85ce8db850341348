import { runParts } from "@trilby/interop-judging";
import { judgeByClients } from "./src/clients.ts";
import { judgeByDifference } from "./src/differential.ts";
import { judgeByHostileBytes } from "./src/hostile.ts";
import { judgeByPressure } from "./src/pressure.ts";
import { judgeByServers } from "./src/servers.ts";

/** Each by itself: `run.ts hostile`. */
await runParts("http1", {
  clients: judgeByClients,
  differential: judgeByDifference,
  hostile: judgeByHostileBytes,
  pressure: judgeByPressure,
  servers: judgeByServers,
});
