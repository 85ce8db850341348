import { options } from "./src/options.ts";
import { groups } from "./src/groups.ts";
import { judge } from "./src/marks.ts";
import { publish } from "./src/report/publish.ts";
import { createReport } from "./src/report/report.ts";
import { rowText, verdictText } from "./src/report/text.ts";
import { measureGroup, type RowResult } from "./src/rounds.ts";
import { select } from "./src/select.ts";

// What was started ends with this process.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

const chosen = options(process.argv.slice(2));
const selected = select(groups, chosen);
if (chosen.list || selected.length === 0) {
  console.error(`Rows:\n${groups.flatMap(({ rows }) => rows.map(({ id }) => `  ${id}`)).join("\n")}`);
  process.exit(1);
}

const started = performance.now();
const measured: { title: string; rows: RowResult[] }[] = [];
for (const group of selected) {
  console.log(`\n${group.title}`);
  const rows: RowResult[] = [];
  measured.push({ title: group.title, rows });
  await measureGroup(group, chosen.pace, (result) => {
    rows.push(result);
    console.log(rowText(result));
  });
}
const results = measured.flatMap(({ rows }) => rows);

const verdicts = judge(results);
if (verdicts.length > 0) console.log(`\nMarks\n${verdicts.map(verdictText).join("\n")}`);
if (chosen.publish) publish(createReport({ groups: measured, verdicts, pace: chosen.pace }));
const failed = results
  .flatMap(({ subjects }) => Object.values(subjects))
  .filter(({ failed: why }) => why !== undefined);
const unmet = verdicts.filter(({ met }) => !met).length;
console.log(
  `\n${results.length} rows in ${Math.round((performance.now() - started) / 1_000)} s; ${verdicts.length - unmet} marks met, ${unmet} not; ${failed.length} measurements failed`,
);
// A mark that is not met is a figure; a measurement that failed is a fault.
process.exit(failed.length > 0 ? 1 : 0);
