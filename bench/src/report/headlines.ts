import type { RowResult } from "../rounds.ts";
import type { MetricName } from "../sample.ts";

export interface Headline {
  readonly row: RowResult;
  /** What the row is about. */
  readonly metric: MetricName;
}

/** The rows for readers in a hurry, as far as they were measured. */
export function headlines(rows: readonly RowResult[]): readonly Headline[] {
  return ids.flatMap(([id, metric]) => {
    const row = rows.find((each) => each.id === id);
    return row === undefined ? [] : [{ row, metric }];
  });
}

const ids: readonly (readonly [string, MetricName])[] = [
  ["redis-http-get-64", "perSecond"],
  ["redis-http-save-64", "perSecond"],
  ["redis-grpc-get-64", "perSecond"],
  ["redis-grpc-save-64", "perSecond"],
  ["redis-64kb-http-get-16", "perSecond"],
  ["publish-memory-http-64", "perSecond"],
  ["publish-memory-grpc-64", "perSecond"],
  ["publish-kafka-http-64", "perSecond"],
  ["delivery-memory-64", "perSecond"],
  ["delivery-kafka-64", "perSecond"],
  ["binding-mqtt-http-64", "perSecond"],
  ["secret-file-http-64", "perSecond"],
  ["start", "startMs"],
  ["rss-idle", "rssMb"],
  ["rss-loaded", "rssMb"],
];
