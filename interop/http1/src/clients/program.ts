import { startProcess, until, type Verdicts } from "@trilby/interop-judging";

/** Runs a program that says a line a step, `ok NAME` or `FAIL NAME: WHY`, and makes verdicts of them. */
export async function judgeByProgram(
  verdicts: Verdicts,
  who: string,
  program: string,
  words: readonly string[],
): Promise<void> {
  const started = performance.now();
  const running = startProcess(program, words, {
    onLine(line) {
      const [, verdict, name, why = ""] = /^(ok|FAIL) ([^]*?)(?:: (?=["A-Z][\w."]*[(:\s]|.*\))(.*))?$/.exec(line) ?? [];
      if (verdict === "ok") verdicts.pass(`${who}: ${line.slice(3)}`);
      else if (verdict === "FAIL") verdicts.fail(`${who}: ${name}`, why);
    },
  });
  let ended: string | undefined;
  try {
    ended = await until(`the end of ${who}`, running.ended, 120_000);
  } finally {
    await running.kill();
  }
  if (ended !== "0") verdicts.fail(who, `ended with ${ended}:\n${running.log()}`);
  else verdicts.note(`${who}: ${((performance.now() - started) / 1_000).toFixed(1)} s`);
}
