import type { Verdict } from "../core/verdict.ts";
import { countOutcomes, type Report } from "./report.ts";
import { escapeMarkup } from "./markup.ts";

/** As CI systems read it: one suite a placement. */
export function junitReport({ component, startedAt, placements }: Report): string {
  const suites = placements.map(({ name, verdicts }) => {
    const count = countOutcomes(verdicts);
    const seconds = verdicts.reduce((total, { durationMs }) => total + durationMs, 0) / 1_000;
    const attributes = [
      `name="${escapeMarkup(`${component.type} ${name}`)}"`,
      `tests="${verdicts.length}"`,
      `failures="${count.failed + count.fixed}"`,
      `skipped="${count.skipped}"`,
      `time="${seconds.toFixed(3)}"`,
      `timestamp="${startedAt.slice(0, 19)}"`,
    ];
    return `  <testsuite ${attributes.join(" ")}>\n${verdicts.map((each) => testCase(each, component.type, name)).join("\n")}\n  </testsuite>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join("\n")}\n</testsuites>\n`;
}

function testCase({ id, outcome, durationMs, reason, error }: Verdict, type: string, placement: string): string {
  const head = `    <testcase classname="${escapeMarkup(`${type}.${placement}`)}" name="${escapeMarkup(id)}" time="${(durationMs / 1_000).toFixed(3)}"`;
  if (outcome === "skipped") return `${head}><skipped message="${escapeMarkup(reason ?? "")}"/></testcase>`;
  if (outcome === "failed") {
    return `${head}><failure message="${escapeMarkup(error?.message ?? "")}">${escapeMarkup(error?.stack ?? "")}</failure></testcase>`;
  }
  if (outcome === "fixed")
    return `${head}><failure message="${escapeMarkup(`passes now, but is listed as known: ${reason}`)}"/></testcase>`;
  if (outcome === "known")
    return `${head}><system-out>${escapeMarkup(`known: ${reason} (${error?.message})`)}</system-out></testcase>`;
  return `${head}/>`;
}
