import { randomUUID } from "node:crypto";
import { NotBuilt, type Program, type Verdicts } from "@trilby/interop-judging";
import type { Backends } from "./backends.ts";
import { expectedAnswers } from "./expected.ts";
import { judgeLines } from "./judge-lines.ts";
import type { AppCommand, Combination, Language } from "./language.ts";
import type { Missing } from "./missing.ts";
import type { Broker } from "./resources.ts";
import { runApp } from "./run-app.ts";

export interface Judging {
  readonly daemon: Program;
  /** Of that daemon. */
  readonly missing: ReadonlyMap<string, Missing>;
  readonly backends: Backends;
  readonly verdicts: Verdicts;
  /** Prints the lines too. */
  readonly verbose: boolean;
}

/** Runs the app of a language in every combination of protocols, and once more with Kafka. */
export async function judgeLanguage(language: Language, judging: Judging): Promise<void> {
  const command = await build(language, judging.verdicts);
  if (command === undefined) return;
  for (const combination of language.combinations) await judgeRun(language.name, command, combination, judging);
  const last = language.combinations.at(-1);
  if (last && judging.backends.kafka) await judgeRun(language.name, command, last, judging, "kafka");
}

async function build({ name, build: make }: Language, verdicts: Verdicts): Promise<AppCommand | undefined> {
  try {
    return await make();
  } catch (error) {
    if (error instanceof NotBuilt) verdicts.notRun(`sdk/${name}`, error.message);
    else verdicts.fail(`sdk/${name}`, error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

async function judgeRun(
  language: string,
  command: AppCommand,
  { client, app }: Combination,
  { daemon, missing, backends, verdicts, verbose }: Judging,
  broker: Broker = "in-memory",
): Promise<void> {
  const name = `sdk/${language}/${client}-${app}${broker === "kafka" ? "-kafka" : ""}`;
  const appId = `sdk-${language}`;
  const run = { client, app, broker, appId, runId: `${appId}-${randomUUID().slice(0, 8)}` };
  await verdicts.check(`${name}: the app ends well`, async () => {
    const { lines, ended, log } = await runApp(daemon, backends, command, run);
    for (const { step, verdict, why = "" } of judgeLines(lines, expectedAnswers({ language, ...run }), missing)) {
      if (verdict === "passed") verdicts.pass(`${name}/${step}`);
      else if (verdict === "known") verdicts.known(`${name}/${step}`, why);
      else verdicts.fail(`${name}/${step}`, why);
    }
    if (verbose) for (const line of lines) console.log(`     ${JSON.stringify(line)}`);
    if (ended !== "0") throw new Error(`it ended with ${ended}:\n${log}`);
  });
}
