import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Ledger } from "./ledger.ts";
import { scoreboardPage, scoreboardTable } from "./scoreboard.ts";

/** Writes the page, and the table between its markers in the README. */
export function writeScoreboard(root: string, ledger: Ledger): void {
  const { version } = JSON.parse(readFileSync(join(root, "host", "package.json"), "utf8")) as { version: string };
  writeFileSync(join(root, "docs", "scoreboard.md"), scoreboardPage(ledger, version));
  const readme = join(root, "README.md");
  writeFileSync(readme, between(readFileSync(readme, "utf8"), scoreboardTable(ledger)));
}

export function between(text: string, table: string): string {
  const [begin, end] = ["<!-- scoreboard: begin -->", "<!-- scoreboard: end -->"];
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`README.md lacks ${begin} and ${end}`);
  return `${text.slice(0, from + begin.length)}\n${table}\n${text.slice(to)}`;
}
