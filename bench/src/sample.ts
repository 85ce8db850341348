/** What one subject showed in one round, or in all. Each by the name of its metric. */
export type Sample = Partial<Record<MetricName, number>>;

export interface Metric {
  readonly title: string;
  readonly unit: string;
  /** Which way is better. */
  readonly better: "more" | "less";
}

/** A request, a message and a call are the same here: one of what the row does. */
export const metrics = {
  perSecond: { title: "throughput", unit: "/s", better: "more" },
  p50Ms: { title: "p50", unit: "ms", better: "less" },
  p99Ms: { title: "p99", unit: "ms", better: "less" },
  cpuMicros: { title: "CPU per request, component included", unit: "us", better: "less" },
  daemonCpuMicros: { title: "CPU per request, daemon alone", unit: "us", better: "less" },
  componentCpuMicros: { title: "CPU per request, component", unit: "us", better: "less" },
  clientCpuMicros: { title: "CPU per call, client", unit: "us", better: "less" },
  backendCpuMicros: { title: "CPU per request, backend", unit: "us", better: "less" },
  startMs: { title: "start to healthz", unit: "ms", better: "less" },
  rssMb: { title: "RSS, component included", unit: "MB", better: "less" },
  daemonRssMb: { title: "RSS, daemon alone", unit: "MB", better: "less" },
  componentRssMb: { title: "RSS, component", unit: "MB", better: "less" },
  peakRssMb: { title: "largest RSS", unit: "MB", better: "less" },
  grownMb: { title: "RSS gained while it ran", unit: "MB", better: "less" },
  growthKb: { title: "memory per connection", unit: "KB", better: "less" },
  seconds: { title: "time", unit: "s", better: "less" },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof metrics;

export const metricNames = Object.keys(metrics) as readonly MetricName[];
