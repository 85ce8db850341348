import { parseArgs } from "node:util";
import { daprd, runJudge, trilbyd } from "@trilby/interop-judging";
import { ServiceNotRun } from "@trilby/services";
import { type Backends, startBackends } from "./src/backends.ts";
import { go } from "./src/go.ts";
import { java } from "./src/java.ts";
import { javascript } from "./src/javascript.ts";
import { judgeLanguage } from "./src/judge-language.ts";
import type { Language } from "./src/language.ts";
import { missing } from "./src/missing.ts";
import { python } from "./src/python.ts";

const languages: readonly Language[] = [javascript, python, go, java];
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { against: { type: "string", default: "trilbyd" }, verbose: { type: "boolean", default: false } },
});
const known = languages.map(({ name }) => name);
const unknown = positionals.filter((word) => !known.includes(word));
if (unknown.length > 0) throw new Error(`there is no app in ${unknown.join(", ")}, but in ${known.join(", ")}`);
if (!["trilbyd", "daprd"].includes(values.against)) throw new Error("--against takes trilbyd or daprd");

await runJudge("sdk", async (verdicts) => {
  const side = values.against === "daprd" ? { daemon: daprd(), missing: new Map() } : { daemon: trilbyd, missing };
  let backends: Backends;
  try {
    backends = await startBackends((why) => verdicts.notRun("sdk, with Kafka", why));
  } catch (error) {
    if (error instanceof ServiceNotRun) return verdicts.notRun("sdk", error.message);
    throw error;
  }
  try {
    for (const language of languages)
      if (positionals.length === 0 || positionals.includes(language.name))
        await judgeLanguage(language, { ...side, backends, verdicts, verbose: values.verbose });
  } finally {
    await backends.stop();
  }
});
