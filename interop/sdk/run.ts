import { parseArgs } from "node:util";
import { daprd, NotBuilt, runJudge, trilbyd, type Verdicts } from "@trilby/interop-judging";
import { ServiceNotRun } from "@trilby/services";
import { type Backends, startBackends } from "./src/backends.ts";
import { expectedAnswers } from "./src/expected.ts";
import { go } from "./src/go.ts";
import { java } from "./src/java.ts";
import { javascript } from "./src/javascript.ts";
import { judgeLines } from "./src/judge-lines.ts";
import type { AppCommand, Language } from "./src/language.ts";
import { missing } from "./src/missing.ts";
import { python } from "./src/python.ts";
import { runApp } from "./src/run-app.ts";

const languages: readonly Language[] = [javascript, python, go, java];
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { against: { type: "string", default: "trilbyd" }, verbose: { type: "boolean", default: false } },
});
const unknown = positionals.filter((word) => !languages.some(({ name }) => name === word));
if (unknown.length > 0)
  throw new Error(`${unknown.join(", ")}: there are ${languages.map(({ name }) => name).join(", ")}`);
if (values.against !== "trilbyd" && values.against !== "daprd") throw new Error("--against takes daprd or trilbyd");
const stock = values.against === "daprd";

await runJudge("sdk", async (verdicts) => {
  let backends: Backends;
  try {
    backends = await startBackends();
  } catch (error) {
    if (error instanceof ServiceNotRun) return verdicts.notRun("sdk", error.message);
    throw error;
  }
  try {
    for (const language of languages)
      if (positionals.length === 0 || positionals.includes(language.name)) await judge(language, backends, verdicts);
  } finally {
    await backends.stop();
  }
});

async function judge(language: Language, backends: Backends, verdicts: Verdicts): Promise<void> {
  const daemon = stock ? daprd() : trilbyd;
  let command: AppCommand;
  try {
    command = await language.build();
  } catch (error) {
    if (error instanceof NotBuilt) return verdicts.notRun(`sdk/${language.name}`, error.message);
    throw error;
  }
  for (const combination of language.combinations) {
    const name = `sdk/${language.name}/${combination.client}-${combination.app}`;
    const appId = `sdk-${language.name}`;
    await verdicts.check(`${name}: the app ends well`, async () => {
      const run = await runApp(daemon, backends, command, appId, combination);
      const expected = expectedAnswers({ language: language.name, combination, appId });
      for (const { step, verdict, why = "" } of judgeLines(run.lines, expected, stock ? new Map() : missing)) {
        if (verdict === "passed") verdicts.pass(`${name}/${step}`);
        else if (verdict === "known") verdicts.known(`${name}/${step}`, why);
        else verdicts.fail(`${name}/${step}`, why);
      }
      if (values.verbose) for (const line of run.lines) console.log(`     ${JSON.stringify(line)}`);
      if (run.ended !== "0") throw new Error(`it ended with ${run.ended}:\n${run.log}`);
    });
  }
}
