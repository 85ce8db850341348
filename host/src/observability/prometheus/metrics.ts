import { goCodeName } from "../../api/grpc/code-name.ts";
import type { Metrics, OperationMetric } from "../metrics.ts";
import { createDaprFamilies, type Timed } from "./dapr-families.ts";
import { errorCategory } from "./error-category.ts";
import { httpPathLabel, type HttpPathOptions } from "./http-path.ts";
import { processMetrics } from "./process.ts";

export interface MetricsOptions {
  readonly appId: string;
  readonly namespace: string;
  readonly recordErrorCodes: boolean;
  /** Upper ends in milliseconds; absent: Dapr's. */
  readonly latencyBuckets: readonly number[] | undefined;
  readonly http: HttpPathOptions & { readonly excludeVerbs: boolean };
}

export const defaultMetricsOptions: Omit<MetricsOptions, "appId" | "namespace"> = {
  recordErrorCodes: false,
  latencyBuckets: undefined,
  http: { increasedCardinality: true, pathMatching: [], excludeVerbs: false },
};

const verbs = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE"]);

/** Dapr's metrics with Dapr's names, labels and buckets, counted in plain fields and typed arrays. */
export function createMetrics(options: MetricsOptions): Metrics {
  const { namespace } = options;
  const families = createDaprFamilies(options.appId, options.latencyBuckets);
  const pathLabel = httpPathLabel(options.http);
  const verb = (method: string): string => (options.http.excludeVerbs ? "" : verbs.has(method) ? method : "UNKNOWN");
  const renderProcess = processMetrics();

  return {
    componentOperation: (family, component, operation) =>
      bySuccess(families.operations[family], component, namespace, operation),
    inputBinding: (component) => bySuccess(families.inputBinding, component, namespace),
    pubsubEgress: (component, topic, bulk) =>
      bySuccess(bulk ? families.bulkEgress : families.egress, component, namespace, topic),
    pubsubIngress: (component, topic) => ({
      record: (processStatus, startedAt) =>
        count(families.ingress, startedAt, component, namespace, processStatus, topic, processStatus),
    }),
    pubsubBulkIngress: (component, topic) => ({
      call: (startedAt) => count(families.bulkIngress, startedAt, component, namespace, topic),
      record: (processStatus) =>
        void families.bulkIngress.events.with(component, namespace, processStatus, topic).value++,
    }),
    appCall(method, path) {
      const labels = [verb(method), pathLabel(path)] as const;
      return {
        record(status, startedAt, sentBytes, receivedBytes) {
          count(families.httpClient, startedAt, ...labels, status);
          families.httpClient.sent.with(...labels).observe(sentBytes);
          families.httpClient.received.with().observe(receivedBytes);
        },
      };
    },
    appRpc: (method) => ({
      record(status, startedAt, sentBytes, receivedBytes) {
        count(families.grpcClient, startedAt, method, status);
        families.grpcClient.sent.with(method).observe(sentBytes);
        families.grpcClient.received.with(method).observe(receivedBytes);
      },
    }),
    appHealthProbe: () => ({ record: (status, startedAt) => count(families.probes, startedAt, status) }),
    httpServer() {
      const { http } = families;
      const received = once(() => http.received.with());
      const sent = once(() => http.sent.with());
      const series = remember((method: string, label: string, status: number) => {
        const labels = [verb(method), label, String(status)];
        return {
          requests: http.requests.with(...labels),
          responses: http.responses.with(...labels),
          latency: http.latency.with(...labels),
        };
      });
      return {
        record(method, path, status, startedAt, requestBytes, responseBytes) {
          const label = pathLabel(path);
          const found = series(`${method} ${status} ${label}`, method, label, status);
          found.requests.value++;
          found.responses.value++;
          found.latency.observe(performance.now() - startedAt);
          received().observe(requestBytes);
          sent().observe(responseBytes);
        },
      };
    },
    grpcServer() {
      const { grpc } = families;
      const series = remember((method: string, code: number) => {
        const labels = [method, goCodeName(code)];
        return {
          count: grpc.count.with(...labels),
          latency: grpc.latency.with(...labels),
          received: grpc.received.with(method),
          sent: grpc.sent.with(method),
        };
      });
      return {
        record(method, code, startedAt, receivedBytes, sentBytes) {
          const found = series(`${code} ${method}`, method, code);
          found.count.value++;
          found.latency.observe(performance.now() - startedAt);
          found.received.observe(receivedBytes);
          found.sent.observe(sentBytes);
        },
      };
    },
    componentLoaded: () => void families.loaded.with().value++,
    componentInit: (type) => void families.initialised.with(type).value++,
    componentInitFailed: (type, reason, name) => void families.initFailed.with(type, reason, name).value++,
    errorCode: options.recordErrorCodes
      ? (code, reason) => void families.errorCodes.with(code, errorCategory(code, reason)).value++
      : () => {},
    render: () => Promise.resolve(families.render() + renderProcess()),
  };
}

/** The two series of an operation, each made when it is first recorded on. */
function bySuccess({ count: counts, latency }: Timed, ...labels: string[]): OperationMetric {
  const series = (success: string) =>
    once(() => ({ count: counts.with(...labels, success), latency: latency.with(...labels, success) }));
  const good = series("true");
  const bad = series("false");
  return {
    record(success, startedAt) {
      const found = success ? good() : bad();
      found.count.value++;
      found.latency.observe(performance.now() - startedAt);
    },
  };
}

function count({ count: counts, latency }: Timed, startedAt: number, ...labels: string[]): void {
  counts.with(...labels).value++;
  latency.with(...labels).observe(performance.now() - startedAt);
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

const mostRemembered = 10_000;

/** Remembers what was made for a key. The families themselves bound how many series there are. */
function remember<A extends readonly unknown[], T>(make: (...parts: A) => T): (key: string, ...parts: A) => T {
  const known = new Map<string, T>();
  return (key, ...parts) => {
    let found = known.get(key);
    if (found === undefined) {
      if (known.size >= mostRemembered) known.clear();
      known.set(key, (found = make(...parts)));
    }
    return found;
  };
}
