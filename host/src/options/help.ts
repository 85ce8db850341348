import { type Flag, flags } from "./flags.ts";

/** What `trilbyd --help` prints. */
export function helpText(): string {
  const shown = flags.filter((flag) => !flag.hidden);
  const width = Math.max(...shown.map((flag) => heading(flag).length));
  const lines = shown.map((flag) => `  ${heading(flag).padEnd(width)}  ${explanation(flag)}`);
  return `Usage: trilbyd --app-id NAME [flags]\n\nThe Dapr API for one application.\n\n${lines.join("\n")}\n`;
}

function heading(flag: Flag): string {
  return flag.kind === "switch" ? `--${flag.name}` : `--${flag.name} ${flag.kind}`;
}

function explanation(flag: Flag): string {
  const parts = [flag.help];
  if (flag.fallback !== undefined) parts.push(`Default: ${flag.fallback}.`);
  if (flag.deprecated) parts.push(`Deprecated: ${flag.deprecated}.`);
  if (flag.lacking) parts.push(`Without effect in this version, which lacks ${flag.lacking}.`);
  return parts.join(" ");
}
