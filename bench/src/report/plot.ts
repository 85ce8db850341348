import type { MetricName } from "../sample.ts";
import { subjectNames } from "../subjects.ts";
import { headlines } from "./headlines.ts";
import { type Report, rowsOf } from "./report.ts";
import { digits } from "./text.ts";

const { builtin, ours, inProcess, child } = subjectNames;

const colors: Readonly<Record<string, string>> = { [inProcess]: "#2f6fde", [child]: "#7aa7f0", [ours]: "#9a9a9a" };

const width = 860;
const labelWidth = 300;
const barHeight = 11;
const barGap = 2;
const rowGap = 9;

interface Bar {
  readonly subject: string;
  readonly ratio: number;
}

/** docs/bench.svg: ratios to daprd as bars, which is the line at 1. */
export function plot(report: Report): string {
  const lines = headlines(rowsOf(report));
  const more = panel(
    `Throughput, ${builtin} = 1 (longer is better)`,
    lines
      .filter(({ metric }) => metric === "perSecond")
      .map(({ row }) => bars(row, "perSecond", [inProcess, child, ours])),
  );
  const less = panel(`What it takes, ${builtin} = 1 (shorter is better)`, [
    ...lines
      .filter(({ metric }) => metric !== "perSecond")
      .map(({ row, metric }) => bars(row, metric, [inProcess, child])),
    ...lines
      .filter(({ row }) => row.id.startsWith("redis"))
      .flatMap(({ row }) => [
        { ...bars(row, "cpuMicros", [inProcess, child]), title: `CPU: ${row.title}` },
        { ...bars(row, "p99Ms", [inProcess, child]), title: `p99: ${row.title}` },
      ]),
  ]);
  const height = more.height + less.height + 40;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="11">
<rect width="100%" height="100%" fill="#ffffff"/>
${legend()}
<g transform="translate(0 30)">${more.text}</g>
<g transform="translate(0 ${more.height + 30})">${less.text}</g>
</svg>
`;
}

interface Bars {
  readonly title: string;
  readonly bars: readonly Bar[];
}

function bars(row: ReturnType<typeof headlines>[number]["row"], metric: MetricName, subjects: readonly string[]): Bars {
  return {
    title: row.title,
    bars: subjects.flatMap((subject) => {
      const ratio = row.subjects[subject]?.ratios[metric]?.median;
      return ratio === undefined ? [] : [{ subject, ratio }];
    }),
  };
}

function panel(title: string, all: readonly Bars[]): { text: string; height: number } {
  const shown = all.filter((each) => each.bars.length > 0);
  // One that is far off would press all others against the wall.
  const most = Math.min(4, Math.max(1.5, ...shown.flatMap((each) => each.bars.map(({ ratio }) => ratio))));
  const scale = (width - labelWidth - 70) / most;
  const parts = [`<text x="10" y="14" font-weight="600" font-size="13">${escaped(title)}</text>`];
  let y = 28;
  for (const { title: label, bars: own } of shown) {
    const rowHeight = own.length * (barHeight + barGap);
    parts.push(`<text x="${labelWidth - 8}" y="${y + rowHeight / 2 + 3}" text-anchor="end">${escaped(label)}</text>`);
    for (const { subject, ratio } of own) {
      const length = Math.min(ratio, most) * scale;
      parts.push(
        `<rect x="${labelWidth}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" fill="${colors[subject]}"/>`,
        `<text x="${(labelWidth + length + 4).toFixed(1)}" y="${y + barHeight - 2}" font-size="10" paint-order="stroke" stroke="#ffffff" stroke-width="3">${digits(ratio)}${ratio > most ? " (cut)" : ""}</text>`,
      );
      y += barHeight + barGap;
    }
    y += rowGap;
  }
  const x = labelWidth + scale;
  parts.unshift(`<line x1="${x}" x2="${x}" y1="22" y2="${y}" stroke="#c0392b" stroke-dasharray="4 3"/>`);
  return { text: parts.join("\n"), height: y + 16 };
}

function legend(): string {
  return Object.entries(colors)
    .map(
      ([name, color], index) =>
        `<rect x="${labelWidth + index * 180}" y="8" width="11" height="11" fill="${color}"/><text x="${labelWidth + index * 180 + 16}" y="18">${escaped(name)}</text>`,
    )
    .join("\n");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
