import { NotBuilt, runJudge, type Verdicts } from "@trilby/interop-judging";
import { judgeByClients } from "./src/clients.ts";
import { judgeGrpc } from "./src/grpc.ts";
import { judgeByH2spec } from "./src/h2spec.ts";
import { judgeHpack } from "./src/hpack.ts";

/** Each by itself: `run.ts h2spec`. */
const parts: Record<string, (verdicts: Verdicts) => Promise<void>> = {
  hpack: judgeHpack,
  h2spec: judgeByH2spec,
  clients: judgeByClients,
  grpc: judgeGrpc,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(parts, name));
if (unknown.length > 0) throw new Error(`no part is called ${unknown.join(", ")}: ${Object.keys(parts).join(", ")}`);

await runJudge("wire", async (verdicts) => {
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
