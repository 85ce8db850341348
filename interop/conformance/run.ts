import { buildGo, go, runJudge } from "@trilby/interop-judging";
import { judgeRow } from "./src/judge-row.ts";
import { rowName, rows } from "./src/rows.ts";

const folder = import.meta.dirname;
const words = process.argv.slice(2);

await runJudge("conformance", async (verdicts) => {
  const program = buildGo("conformance", folder, ["test", "-c"]);
  const module = go(["list", "-m", "-f", "{{.Dir}}", "github.com/dapr/components-contrib"], folder);
  const waiting = rows.filter((row) => words.every((word) => rowName(row).includes(word)));
  if (waiting.length === 0) throw new Error(`no row is called ${words.join(" ")}: ${rows.map(rowName).join(", ")}`);
  // The suites wait more than they work.
  const work = async (): Promise<void> => {
    for (let row = waiting.shift(); row !== undefined; row = waiting.shift())
      await judgeRow(row, { program, module }, verdicts);
  };
  await Promise.all(Array.from({ length: 4 }, work));
});
