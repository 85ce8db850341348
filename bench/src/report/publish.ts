import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@trilby/interop-judging";
import { fullPage, summary } from "./markdown.ts";
import { plot } from "./plot.ts";
import type { Report } from "./report.ts";

const [begin, end] = ["<!-- bench: begin -->", "<!-- bench: end -->"];

/** Writes what was measured where readers find it. */
export function publish(report: Report): void {
  const results = join(root, "bench", "results");
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, "latest.json"), `${JSON.stringify(report, withoutSamples, 1)}\n`);
  writeFileSync(join(root, "docs", "bench.md"), fullPage(report));
  writeFileSync(join(root, "docs", "bench.svg"), plot(report));
  const readme = join(root, "README.md");
  const text = readFileSync(readme, "utf8");
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`README.md has no place for the table: ${begin} ... ${end}`);
  writeFileSync(readme, `${text.slice(0, from + begin.length)}\n${summary(report)}${text.slice(to)}`);
}

/** Medians and spreads say it; the rounds are for the marks alone. */
function withoutSamples(name: string, value: unknown): unknown {
  return name === "samples" ? undefined : value;
}
