import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Ledger } from "./ledger.ts";
import { scoreboardPage, scoreboardTable } from "./scoreboard.ts";

/** Writes the page, and the table between its markers in the README. */
export function writeScoreboard(root: string, ledger: Ledger): void {
  for (const [file, text] of scoreboardFiles(root, ledger)) writeFileSync(file, text);
}

/** Each file's path and what it should say. */
export function scoreboardFiles(root: string, ledger: Ledger): [string, string][] {
  const { version } = JSON.parse(readFileSync(join(root, "host", "package.json"), "utf8")) as { version: string };
  const readme = join(root, "README.md");
  return [
    [join(root, "docs", "scoreboard.md"), scoreboardPage(ledger, version)],
    [readme, between(readFileSync(readme, "utf8"), scoreboardTable(ledger))],
  ];
}

export function between(text: string, table: string): string {
  const [begin, end] = ["<!-- scoreboard: begin -->", "<!-- scoreboard: end -->"];
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`README.md lacks ${begin} and ${end}`);
  return `${text.slice(0, from + begin.length)}\n${table}\n${text.slice(to)}`;
}
