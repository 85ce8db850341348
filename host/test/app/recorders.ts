import type { Logger } from "@trilby/kit";

import type { Log } from "../../src/observability/log.ts";
import type { Metrics } from "../../src/observability/metrics.ts";

/** A log that keeps its lines. */
export interface RecordingLog extends Log {
  readonly lines: { readonly level: "debug" | "info" | "warn" | "error"; readonly message: string }[];
}

export function recordingLog(): RecordingLog {
  const lines: RecordingLog["lines"] = [];
  const at =
    (level: RecordingLog["lines"][number]["level"]) =>
    (message: string): void =>
      void lines.push({ level, message });
  const logger: Logger = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  return { lines, scope: () => logger, fatal: at("error"), flush: () => Promise.resolve() };
}

/** Metrics that keep what was recorded, one line a record: name, labels, outcome. */
export interface RecordingMetrics extends Metrics {
  readonly records: string[];
}

export function recordingMetrics(): RecordingMetrics {
  const records: string[] = [];
  const operation = (...labels: string[]) => ({
    record: (success: boolean) => void records.push([...labels, String(success)].join(" ")),
  });
  const labelled = (...labels: string[]) => ({
    record: (outcome: unknown) => void records.push([...labels, String(outcome)].join(" ")),
  });
  return {
    records,
    componentOperation: (family, component, name) => operation(family, component, name),
    inputBinding: (component) => operation("input_binding", component),
    pubsubEgress: (component, topic, bulk) => operation(bulk ? "egress_bulk" : "egress", component, topic),
    pubsubIngress: (component, topic) => labelled("ingress", component, topic),
    pubsubBulkIngress: (component, topic) => ({
      ...labelled("ingress_bulk", component, topic),
      call: () => void records.push(`ingress_bulk_call ${component} ${topic}`),
    }),
    appCall: (method, path) => labelled("app", method, path),
    appRpc: (method) => labelled("app", method),
    appHealthProbe: () => labelled("probe"),
    httpServer: () => ({ record: () => undefined }),
    grpcServer: () => ({ record: () => undefined }),
    componentLoaded: () => undefined,
    componentInit: () => undefined,
    componentInitFailed: () => undefined,
    errorCode: (code) => void records.push(`error ${code}`),
    render: () => Promise.resolve(""),
  };
}
