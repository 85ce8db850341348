import { NotBuilt } from "./cache.ts";
import { runJudge, type Verdicts } from "./verdicts.ts";

/** Runs a judge of several parts: all, or those that the command names. A part that cannot be built leaves the others to be judged. */
export async function runParts(judge: string, parts: Readonly<Record<string, Part>>): Promise<void> {
  const wanted = process.argv.slice(2);
  const unknown = wanted.filter((name) => !Object.hasOwn(parts, name));
  if (unknown.length > 0) throw new Error(`no part is called ${unknown.join(", ")}: ${Object.keys(parts).join(", ")}`);

  await runJudge(judge, async (verdicts) => {
    for (const [name, part] of Object.entries(parts)) {
      if (wanted.length > 0 && !wanted.includes(name)) continue;
      try {
        await part(verdicts);
      } catch (error) {
        if (!(error instanceof NotBuilt)) throw error;
        verdicts.notRun(name, error.message);
      }
    }
  });
}

type Part = (verdicts: Verdicts) => Promise<void>;
