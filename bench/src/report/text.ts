import { markText, type Verdict } from "../marks.ts";
import type { RowResult } from "../rounds.ts";
import { type MetricName, metrics } from "../sample.ts";
import type { Spread } from "../spread.ts";

/** A row as a few lines of text. */
export function rowText({ id, baseline, subjects }: RowResult): string {
  const lines = Object.entries(subjects).map(([name, { figures, ratios, failed }]) => {
    if (failed !== undefined) return `  ${name.padEnd(24)} FAILED: ${failed}`;
    const parts = shown.flatMap((metric) => {
      const figure = figures[metric];
      if (figure === undefined) return [];
      const ratio = ratios[metric];
      const times = ratio === undefined || name === baseline ? "" : ` (${ratioText(ratio)})`;
      return [`${short[metric] ?? ""}${amount(metric, figure.median)}${times}`];
    });
    return `  ${name.padEnd(24)} ${parts.join("  ")}`;
  });
  return [id, ...lines].join("\n");
}

export function verdictText({ mark, value, met }: Verdict): string {
  return `${met ? "met    " : "NOT MET"}  ${mark.row.padEnd(26)} ${markText(mark)}: ${mark.against === undefined ? amount(mark.metric, value.median) : ratioText(value)}`;
}

export function ratioText({ median, min, max }: Spread): string {
  return `${digits(median)}x, ${digits(min)}-${digits(max)}`;
}

export function amount(metric: MetricName, value: number): string {
  const { unit } = metrics[metric];
  const text = value >= 10_000 ? `${digits(value / 1_000)}k` : digits(value);
  return unit === "/s" ? `${text}/s` : `${text} ${unit}`;
}

/** Three digits that count. */
export function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

const shown: readonly MetricName[] = [
  "perSecond",
  "p50Ms",
  "p99Ms",
  "cpuMicros",
  "componentCpuMicros",
  "clientCpuMicros",
  "startMs",
  "seconds",
  "rssMb",
  "componentRssMb",
  "peakRssMb",
  "grownMb",
  "growthKb",
];

const short: Partial<Record<MetricName, string>> = {
  p50Ms: "p50 ",
  p99Ms: "p99 ",
  cpuMicros: "CPU ",
  componentCpuMicros: "of it the component ",
  clientCpuMicros: "client ",
  rssMb: "RSS ",
  componentRssMb: "of it the component ",
  peakRssMb: "peak RSS ",
  grownMb: "grown ",
};
