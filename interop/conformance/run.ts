import { buildGo, go, runJudge } from "@trilby/interop-judging";
import { judgeRow, measureUpstream } from "./src/judge-row.ts";
import { rowName, rows } from "./src/rows.ts";
import { writeUpstreamCases } from "./src/upstream.ts";

const folder = import.meta.dirname;
const measures = process.argv.includes("--upstream");
const words = process.argv.slice(2).filter((word) => !word.startsWith("--"));

await runJudge("conformance", async (verdicts) => {
  const program = buildGo("conformance", folder, ["test", "-c"]);
  const module = go(["list", "-m", "-f", "{{.Dir}}", "github.com/dapr/components-contrib"], folder);
  const waiting = rows.filter((row) => words.every((word) => rowName(row).includes(word)));
  if (waiting.length === 0) throw new Error(`no row is called ${words.join(" ")}: ${rows.map(rowName).join(", ")}`);
  const suites = { program, module };
  // The suites wait more than they work.
  const work = async (): Promise<void> => {
    for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) {
      if (!measures) await judgeRow(row, suites, verdicts);
      else {
        const measured = row;
        await verdicts.check(`measured ${rowName(row)}`, async () =>
          writeUpstreamCases(measured, await measureUpstream(measured, suites)),
        );
      }
    }
  };
  await Promise.all(Array.from({ length: 4 }, work));
});
