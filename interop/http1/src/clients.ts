import { equal } from "node:assert/strict";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { buildGo, buildPython, NotBuilt, type Verdicts } from "@trilby/interop-judging";
import { judgeByCurl } from "./clients/curl.ts";
import { judgeByNode } from "./clients/node.ts";
import { judgeByProgram } from "./clients/program.ts";
import { startJudged } from "./trilbyd.ts";

/** Real clients against trilbyd's HTTP port: what they send must be taken. */
export async function judgeByClients(verdicts: Verdicts): Promise<void> {
  const judged = await startJudged();
  const folder = join(import.meta.dirname, "..");
  const parts: Record<string, () => Promise<void>> = {
    curl: () => judgeByCurl(verdicts, judged),
    node: () => judgeByNode(verdicts, judged),
    "Go's net/http": () =>
      judgeByProgram(verdicts, "Go's net/http", buildGo("http1", join(folder, "go"), ["build"]), [
        "client",
        judged.url,
      ]),
    Python: () =>
      judgeByProgram(verdicts, "Python", buildPython("http1-python", join(folder, "python")), [
        join(folder, "python", "client.py"),
        judged.url,
      ]),
    Java: () => {
      if (spawnSync("java", ["-version"]).status !== 0) throw new NotBuilt("there is no java: install a JDK 17");
      return judgeByProgram(verdicts, "Java", "java", [
        "-XX:TieredStopAtLevel=1",
        join(folder, "java", "Client.java"),
        judged.url,
      ]);
    },
  };
  try {
    for (const [name, judge] of Object.entries(parts)) {
      try {
        await judge();
      } catch (error) {
        if (!(error instanceof NotBuilt)) throw error;
        verdicts.notRun(name, error.message);
      }
    }
    await verdicts.check("after all of them: it runs", async () => equal(judged.ended(), undefined));
    verdicts.note(`trilbyd: ${judged.peakMb().toFixed(0)} MB at most`);
  } finally {
    await judged.stop();
  }
}
