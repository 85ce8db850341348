import { NotBuilt, runJudge, type Verdicts } from "@trilby/interop-judging";
import { judgeByClients } from "./src/clients.ts";
import { judgeByDifference } from "./src/differential.ts";
import { judgeByHostileBytes } from "./src/hostile.ts";
import { judgeByPressure } from "./src/pressure.ts";
import { judgeByServers } from "./src/servers.ts";

/** Each by itself: `run.ts hostile`. */
const parts: Record<string, (verdicts: Verdicts) => Promise<void>> = {
  clients: judgeByClients,
  differential: judgeByDifference,
  hostile: judgeByHostileBytes,
  pressure: judgeByPressure,
  servers: judgeByServers,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(parts, name));
if (unknown.length > 0) throw new Error(`no part is called ${unknown.join(", ")}: ${Object.keys(parts).join(", ")}`);

await runJudge("http1", async (verdicts) => {
  for (const [name, judge] of Object.entries(parts)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    try {
      await judge(verdicts);
    } catch (error) {
      // The other parts may still be judged.
      if (!(error instanceof NotBuilt)) throw error;
      verdicts.notRun(name, error.message);
    }
  }
});
