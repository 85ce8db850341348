import type { Verdict } from "../core/verdict.ts";
import { escapeMarkup as escape } from "./markup.ts";
import { countsInWords, isCertified, type Report } from "./report.ts";

/** One page that needs nothing else: it may be mailed, and opened offline. */
export function htmlReport(report: Report): string {
  const { component, suite, startedAt, facts, placements } = report;
  const title = `${component.type} ${component.version}: ${isCertified(report) ? "certified" : "not certified"}`;
  const packed = report.package ? `${report.package.name} ${report.package.version}, ` : "";
  const sections = placements.map(
    ({ name, verdicts }) =>
      `<h2>${name === "socket" ? "Over a socket" : "In-process"}: ${countsInWords(verdicts)}</h2>\n<table>\n<tr><th>case</th><th>verdict</th><th>ms</th><th></th></tr>\n${verdicts.map(row).join("\n")}\n</table>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escape(title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escape(title)}</h1>
<p>${escape(packed)}${escape(`${suite.name} ${suite.version}, ${startedAt}, features: ${component.features.join(", ") || "none"}`)}</p>
${sections.join("\n")}
<h2>Facts</h2>
<pre>${escape(JSON.stringify(facts, null, 2))}</pre>
</body>
</html>
`;
}

function row({ id, outcome, durationMs, reason, error, figures }: Verdict): string {
  const measured = figures === undefined ? "" : JSON.stringify(figures);
  const notes = [reason, error?.message, measured].filter((note) => note).join("\n");
  return `<tr class="${outcome}"><td>${escape(id)}</td><td>${outcome}</td><td>${durationMs}</td><td><pre>${escape(notes)}</pre></td></tr>`;
}

const style = `
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #222; background: #fff }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .2rem .6rem; border-top: 1px solid #ddd; vertical-align: top }
td:first-child { font-family: ui-monospace, monospace; font-size: 13px } pre { margin: 0; white-space: pre-wrap; font-size: 13px }
.failed td, .fixed td { background: #fde8e8 } .known td { background: #fdf6e0 } .skipped td { color: #777 }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #1b1b1b } th, td { border-color: #444 } .failed td, .fixed td { background: #4a2020 } .known td { background: #443a1a } }
`;
