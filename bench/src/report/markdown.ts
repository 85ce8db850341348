import { markText, type Verdict } from "../marks.ts";
import type { RowResult, SubjectResult } from "../rounds.ts";
import type { MetricName } from "../sample.ts";
import type { Spread } from "../spread.ts";
import { subjectNames } from "../subjects.ts";
import { amount, digits, ratioText } from "./text.ts";
import { headlines } from "./headlines.ts";
import { type Report, rowsOf } from "./report.ts";

const { inProcess, child } = subjectNames;

/** What stands in the README. */
export function summary(report: Report): string {
  const { date, versions, verdicts } = report;
  const lines = headlines(rowsOf(report)).map(({ row, metric }) => {
    const base = row.subjects[row.baseline]?.figures[metric];
    const cells = [inProcess, child].map((name) => beside(row.subjects[name], metric));
    const cpu = ratioOnly(row.subjects[inProcess]?.ratios.cpuMicros);
    const p99 = ratioOnly(row.subjects[inProcess]?.ratios.p99Ms);
    return [row.title, base === undefined ? "" : amount(metric, base.median), ...cells, cpu, p99];
  });
  const unmet = verdicts.filter(({ met }) => !met).length;
  return `${[
    `\`trilbyd\` ${versions["trilbyd"]} on Node ${versions["node"]} and a stock \`daprd\` ${versions["daprd"]} with its built-in components, measured in turn on the same`,
    `servers in the same run, ${date}. In brackets, and in the last two columns, the ratio to \`daprd\`, the median of ${report.pace.rounds} rounds.`,
    `${verdicts.length - unmet} of ${verdicts.length} marks are met: [all figures, marks and a plot](docs/bench.md).`,
    "",
    ...table(
      ["", "daprd", inProcess, child, "CPU, in-process", "p99, in-process"],
      ["---", "--:", "--:", "--:", "--:", "--:"],
      lines,
    ),
  ].join("\n")}\n`;
}

/** docs/bench.md */
export function fullPage(report: Report): string {
  const { date, machine, versions, pace, groups, verdicts } = report;
  const unmet = verdicts.filter(({ met }) => !met).length;
  return `${[
    "# Beside a stock daprd",
    "",
    `Written by \`npm run bench\` on ${date}, ${machine.cores} cores, ${machine.cpu}; ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(", ")}.`,
    "",
    `Every subject of a row is measured in turn, ${pace.seconds} s in each of ${pace.rounds} rounds, with the same load on the same servers; twice as`,
    "many at one request in flight, where a few slow ones decide, and a third for idle memory, which is always the same. Figures are",
    "medians. A ratio is that of one round's figure to the baseline's in the same round: median, and in brackets the least and the most. The load comes",
    "from one thread on the same machine; its CPU time is not counted. CPU per request is that of the daemon and its components. MB are 2^20 bytes.",
    "",
    "![Ratios to daprd](bench.svg)",
    "",
    "## Marks",
    "",
    `What the project holds itself to: ${verdicts.length - unmet} met, ${unmet} not.`,
    "",
    ...table(
      ["row", "mark", "measured", ""],
      ["---", "---", "--:", "---"],
      verdicts.map((verdict) => [
        verdict.title,
        markText(verdict.mark),
        measured(verdict),
        verdict.met ? "met" : "**not met**",
      ]),
    ),
    ...groups.flatMap(({ title, rows }) => ["", `## ${title}`, ...rows.flatMap(rowPart)]),
  ].join("\n")}\n`;
}

function rowPart({ id, title, about, baseline, subjects }: RowResult): readonly string[] {
  const all = Object.values(subjects);
  const shown = columns.filter(({ metric }) => all.some(({ figures }) => figures[metric] !== undefined));
  const lines = Object.entries(subjects).map(([name, { figures, ratios, failed }]) => [
    name,
    ...shown.flatMap(({ metric, withRatio }, index) => {
      const figure = figures[metric];
      const text =
        figure === undefined ? (failed !== undefined && index === 0 ? "failed" : "") : amount(metric, figure.median);
      const ratio = name === baseline ? undefined : ratios[metric];
      return withRatio ? [text, ratio === undefined ? "" : spreadText(ratio)] : [text];
    }),
  ]);
  const heads = shown.flatMap(({ title: head, withRatio }) => (withRatio ? [head, "ratio"] : [head]));
  return [
    "",
    `### ${title}`,
    "",
    `\`${id}\`: ${about}`,
    "",
    ...table(["", ...heads], ["---", ...heads.map(() => "--:")], lines),
  ];
}

const columns: readonly { metric: MetricName; title: string; withRatio?: boolean }[] = [
  { metric: "perSecond", title: "throughput", withRatio: true },
  { metric: "seconds", title: "time", withRatio: true },
  { metric: "startMs", title: "start", withRatio: true },
  { metric: "p50Ms", title: "p50" },
  { metric: "p99Ms", title: "p99", withRatio: true },
  { metric: "cpuMicros", title: "CPU per request", withRatio: true },
  { metric: "componentCpuMicros", title: "of it component" },
  { metric: "clientCpuMicros", title: "of it client" },
  { metric: "backendCpuMicros", title: "CPU of the server behind" },
  { metric: "growthKb", title: "per connection", withRatio: true },
  { metric: "rssMb", title: "RSS", withRatio: true },
  { metric: "componentRssMb", title: "of it component" },
  { metric: "peakRssMb", title: "largest RSS", withRatio: true },
  { metric: "grownMb", title: "RSS gained" },
];

function measured({ mark, value }: Verdict): string {
  return mark.against === undefined ? amount(mark.metric, value.median) : ratioText(value);
}

function beside(result: SubjectResult | undefined, metric: MetricName): string {
  const [figure, ratio] = [result?.figures[metric], result?.ratios[metric]];
  if (figure === undefined) return "";
  return ratio === undefined
    ? amount(metric, figure.median)
    : `${amount(metric, figure.median)} (${digits(ratio.median)})`;
}

function ratioOnly(ratio: Spread | undefined): string {
  return ratio === undefined ? "" : digits(ratio.median);
}

function spreadText({ median, min, max }: Spread): string {
  return `**${digits(median)}** (${digits(min)} to ${digits(max)})`;
}

function table(head: readonly string[], rule: readonly string[], lines: readonly (readonly string[])[]): string[] {
  return [head, rule, ...lines].map((cells) => `| ${cells.join(" | ")} |`);
}
