import { ratio, type RowResult } from "./rounds.ts";
import { type MetricName, metrics } from "./sample.ts";
import { type Spread, spreadOf } from "./spread.ts";
import { onGrpcJs } from "./rows/footprint.ts";
import { subjectNames } from "./subjects.ts";

/** What the project holds itself to. */
export interface Mark {
  readonly row: string;
  readonly subject: string;
  readonly metric: MetricName;
  /** The subject to compare with, in the same row; absent: the figure itself is held to the limit. */
  readonly against?: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface Verdict {
  readonly mark: Mark;
  readonly title: string;
  readonly value: Spread;
  readonly met: boolean;
}

const { builtin, ours, go, inProcess, child } = subjectNames;

const httpAndGrpc = ["http", "grpc"] as const;
const getAndSave = ["get", "save"] as const;

/** However fast the rest is, the slowest of a hundred waits no longer. */
const neverLater = { subject: inProcess, against: builtin, metric: "p99Ms", atMost: 1 } as const;

export const marks: readonly Mark[] = [
  ...getAndSave.flatMap((operation): Mark[] => {
    const http = { row: `redis-http-${operation}-64`, against: builtin };
    const grpc = { row: `redis-grpc-${operation}-64`, against: builtin };
    return [
      { ...http, subject: inProcess, metric: "perSecond", atLeast: 2 },
      { ...http, subject: inProcess, metric: "cpuMicros", atMost: 0.4 },
      { ...grpc, subject: inProcess, metric: "perSecond", atLeast: 2.5 },
      ...[http, grpc].flatMap((row): Mark[] => [
        { ...row, subject: child, metric: "perSecond", atLeast: 1.3 },
        { ...row, subject: child, against: ours, metric: "perSecond", atLeast: 2.5 },
      ]),
      ...httpAndGrpc.flatMap((protocol) =>
        [1, 16, 64].map((count): Mark => ({ ...neverLater, row: `redis-${protocol}-${operation}-${count}` })),
      ),
      ...httpAndGrpc.map((protocol): Mark => ({
        row: `memory-${protocol}-${operation}-64`,
        subject: ours,
        against: go,
        metric: "perSecond",
        atLeast: 1,
      })),
    ];
  }),
  ...["memory", "kafka"].flatMap((broker) =>
    httpAndGrpc.flatMap((protocol): Mark[] => {
      const row = `publish-${broker}-${protocol}-64`;
      return [
        { row, subject: inProcess, against: builtin, metric: "perSecond", atLeast: 1.5 },
        { ...neverLater, row },
      ];
    }),
  ),
  { row: "start", subject: inProcess, against: builtin, metric: "startMs", atMost: 1 },
  { row: "rss-idle", subject: inProcess, against: builtin, metric: "rssMb", atMost: 1 },
  { row: "rss-loaded", subject: inProcess, against: builtin, metric: "rssMb", atMost: 1 },
  { row: "rss-idle", subject: child, metric: "componentRssMb", atMost: 45 },
  // The host on its own transport is no heavier than on grpc-js, as far as that can be told.
  { row: "start", subject: inProcess, against: onGrpcJs, metric: "startMs", atMost: 1.02 },
  { row: "rss-idle", subject: inProcess, against: onGrpcJs, metric: "rssMb", atMost: 1.02 },
  { row: "rss-loaded", subject: inProcess, against: onGrpcJs, metric: "rssMb", atMost: 1.02 },
  { row: "transport-server-64", subject: "wire", against: "grpc-js", metric: "perSecond", atLeast: 5 },
  { row: "transport-server-64", subject: "wire", against: "grpc-go", metric: "cpuMicros", atMost: 0.6 },
  ...[16, 64].flatMap((count): Mark[] => [
    { row: `transport-unix-${count}`, subject: "wire", against: "grpc-js", metric: "perSecond", atLeast: 4 },
    { row: `transport-unix-${count}`, subject: "wire", against: "grpc-js", metric: "p99Ms", atMost: 0.5 },
  ]),
  { row: "transport-stream", subject: "wire", against: "grpc-js", metric: "perSecond", atLeast: 3 },
  { row: "transport-stream", subject: "wire", metric: "grownMb", atMost: 16 },
  { row: "transport-large", subject: "wire", against: "grpc-js", metric: "peakRssMb", atMost: 1 },
  { row: "transport-idle", subject: "wire", metric: "growthKb", atMost: 10 },
];

/** Those that the measured rows say something about. */
export function judge(results: readonly RowResult[], held: readonly Mark[] = marks): readonly Verdict[] {
  return held.flatMap((mark) => {
    const row = results.find(({ id }) => id === mark.row);
    const own = row?.subjects[mark.subject]?.samples ?? [];
    const other = mark.against === undefined ? undefined : row?.subjects[mark.against]?.samples;
    if (row === undefined || (mark.against !== undefined && other === undefined)) return [];
    const values = own
      .map((sample, round) =>
        other === undefined ? sample[mark.metric] : ratio(sample[mark.metric], other[round]?.[mark.metric]),
      )
      .filter((value) => value !== undefined);
    if (values.length === 0) return [];
    const value = spreadOf(values);
    const met = value.median >= (mark.atLeast ?? -Infinity) && value.median <= (mark.atMost ?? Infinity);
    return [{ mark, title: row.title, value, met }];
  });
}

/** A mark in words. */
export function markText({ subject, metric, against, atLeast, atMost }: Mark): string {
  const limit = atLeast === undefined ? `<= ${atMost}` : `>= ${atLeast}`;
  const what = `${metrics[metric].title} of ${subject}`;
  return against === undefined ? `${what} ${limit} ${metrics[metric].unit}` : `${what} ${limit} x ${against}`;
}
