import type { Metrics, OperationMetric } from "../metrics.ts";
import { errorCategory } from "./error-category.ts";
import {
  counterFamily,
  histogramFamily,
  type Counter,
  type CounterFamily,
  type Histogram,
  type HistogramFamily,
} from "./family.ts";
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

const daprLatencyBuckets = [
  1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 30, 40, 50, 65, 80, 100, 130, 160, 200, 250, 300, 400, 500, 650, 800, 1000,
  2000, 5000, 10000, 20000, 50000, 100000,
];
const sizeBuckets = [1, 2, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304].map(
  (kibibytes) => kibibytes * 1024,
);
const verbs = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE"]);
/** gRPC codes as Go names them. */
const codeNames = [
  "OK",
  "Canceled",
  "Unknown",
  "InvalidArgument",
  "DeadlineExceeded",
  "NotFound",
  "AlreadyExists",
  "PermissionDenied",
  "ResourceExhausted",
  "FailedPrecondition",
  "Aborted",
  "OutOfRange",
  "Unimplemented",
  "Internal",
  "Unavailable",
  "DataLoss",
  "Unauthenticated",
];

/** Dapr's metrics with Dapr's names, labels and buckets, counted in plain fields and typed arrays. */
export function createMetrics(options: MetricsOptions): Metrics {
  const fixed = `app_id="${options.appId}"`;
  const latencyBounds = options.latencyBuckets ?? daprLatencyBuckets;
  const renders: (() => string)[] = [];
  const counter = (name: string, help: string, ...labels: string[]): CounterFamily => {
    const family = counterFamily(`dapr_${name}`, help, fixed, labels);
    renders.push(family.render);
    return family;
  };
  const histogram =
    (bounds: readonly number[]) =>
    (name: string, help: string, ...labels: string[]): HistogramFamily => {
      const family = histogramFamily(`dapr_${name}`, help, fixed, labels, bounds);
      renders.push(family.render);
      return family;
    };
  const latency = histogram(latencyBounds);
  const size = histogram(sizeBuckets);

  const operation = (count: CounterFamily, latencies: HistogramFamily, ...labels: string[]): OperationMetric => {
    const lazily = (success: string): (() => Series) =>
      once(() => ({ count: count.with(...labels, success), latency: latencies.with(...labels, success) }));
    const good = lazily("true");
    const bad = lazily("false");
    return {
      record(success, startedAt) {
        const series = success ? good() : bad();
        series.count.value++;
        series.latency.observe(performance.now() - startedAt);
      },
    };
  };

  const pathLabel = httpPathLabel(options.http);
  const verb = (method: string): string => (options.http.excludeVerbs ? "" : verbs.has(method) ? method : "UNKNOWN");

  const component = "component",
    namespace = "namespace",
    success = "success",
    method = "method",
    path = "path",
    status = "status";
  const families = Object.fromEntries(
    (["state", "secret", "output_binding", "configuration", "crypto"] as const).map((family) => [
      family,
      {
        count: counter(
          `component_${family}_count`,
          `Operations on ${family} components.`,
          component,
          namespace,
          "operation",
          success,
        ),
        latencies: latency(
          `component_${family}_latencies`,
          `Milliseconds an operation on a ${family} component took.`,
          component,
          namespace,
          "operation",
          success,
        ),
      },
    ]),
  );
  const inputs = {
    count: counter(
      "component_input_binding_count",
      "Events of input bindings given to the app.",
      component,
      namespace,
      success,
    ),
    latencies: latency(
      "component_input_binding_latencies",
      "Milliseconds the app took for an event.",
      component,
      namespace,
      success,
    ),
  };
  const egress = [
    {
      count: counter("component_pubsub_egress_count", "Messages published.", component, namespace, "topic", success),
      latencies: latency(
        "component_pubsub_egress_latencies",
        "Milliseconds the broker took for a message.",
        component,
        namespace,
        "topic",
        success,
      ),
    },
    {
      count: counter(
        "component_pubsub_egress_bulk_count",
        "Bulk publish calls.",
        component,
        namespace,
        "topic",
        success,
      ),
      latencies: latency(
        "component_pubsub_egress_bulk_latencies",
        "Milliseconds the broker took for a bulk publish.",
        component,
        namespace,
        "topic",
        success,
      ),
    },
  ] as const;
  const ingress = {
    count: counter(
      "component_pubsub_ingress_count",
      "Messages given to the app.",
      component,
      namespace,
      "process_status",
      "topic",
      status,
    ),
    latencies: latency(
      "component_pubsub_ingress_latencies",
      "Milliseconds the app took for a message.",
      component,
      namespace,
      "process_status",
      "topic",
      status,
    ),
  };
  const http = {
    requests: counter("http_server_request_count", "HTTP requests.", method, path, status),
    responses: counter("http_server_response_count", "HTTP responses.", method, path, status),
    latency: latency("http_server_latency", "Milliseconds from request to response.", method, path, status),
    received: size("http_server_request_bytes", "Bytes of request bodies."),
    sent: size("http_server_response_bytes", "Bytes of response bodies."),
  };
  const httpClient = {
    count: counter("http_client_completed_count", "HTTP calls completed.", method, path, status),
    latency: latency("http_client_roundtrip_latency", "Milliseconds from call to answer.", method, path, status),
    sent: size("http_client_sent_bytes", "Bytes sent.", method, path),
    received: size("http_client_received_bytes", "Bytes received."),
  };
  const probes = {
    count: counter("http_healthprobes_completed_count", "Health probes of the app.", status),
    latency: latency("http_healthprobes_roundtrip_latency", "Milliseconds a health probe took.", status),
  };
  const grpc = {
    count: counter("grpc_io_server_completed_rpcs", "Calls completed.", "grpc_server_method", "grpc_server_status"),
    latency: latency(
      "grpc_io_server_server_latency",
      "Milliseconds from call to answer.",
      "grpc_server_method",
      "grpc_server_status",
    ),
    received: size("grpc_io_server_received_bytes_per_rpc", "Bytes of requests.", "grpc_server_method"),
    sent: size("grpc_io_server_sent_bytes_per_rpc", "Bytes of responses.", "grpc_server_method"),
  };
  const grpcClient = {
    count: counter("grpc_io_client_completed_rpcs", "Calls completed.", "grpc_client_method", "grpc_client_status"),
    latency: latency(
      "grpc_io_client_roundtrip_latency",
      "Milliseconds from call to answer.",
      "grpc_client_method",
      "grpc_client_status",
    ),
    sent: size("grpc_io_client_sent_bytes_per_rpc", "Bytes of requests.", "grpc_client_method"),
    received: size("grpc_io_client_received_bytes_per_rpc", "Bytes of responses.", "grpc_client_method"),
  };
  const loaded = counter("runtime_component_loaded", "Components loaded.");
  const initialised = counter("runtime_component_init_total", "Components initialised.", component);
  const initFailed = counter(
    "runtime_component_init_fail_total",
    "Components that could not be initialised.",
    component,
    "reason",
    "componentName",
  );
  const errorCodes = counter("error_code_total", "Errors of the API by code.", "error_code", "category");
  const renderProcess = processMetrics();

  return {
    componentOperation: (family, name, kind) =>
      operation(families[family]!.count, families[family]!.latencies, name, options.namespace, kind),
    inputBinding: (name) => operation(inputs.count, inputs.latencies, name, options.namespace),
    pubsubEgress(name, topic, bulk) {
      const family = egress[bulk ? 1 : 0];
      return operation(family.count, family.latencies, name, options.namespace, topic);
    },
    pubsubIngress: (name, topic) => ({
      record(processStatus, startedAt) {
        const labels = [
          name,
          options.namespace,
          processStatus,
          topic,
          processStatus === "success" ? "success" : processStatus,
        ];
        ingress.count.with(...labels).value++;
        ingress.latencies.with(...labels).observe(performance.now() - startedAt);
      },
    }),
    appCall(verbOfCall, pathOfCall) {
      const labels = [verb(verbOfCall), pathLabel(pathOfCall)] as const;
      return {
        record(statusText, startedAt, sentBytes, receivedBytes) {
          httpClient.count.with(...labels, statusText).value++;
          httpClient.latency.with(...labels, statusText).observe(performance.now() - startedAt);
          httpClient.sent.with(...labels).observe(sentBytes);
          httpClient.received.with().observe(receivedBytes);
        },
      };
    },
    appRpc: (fullMethod) => ({
      record(statusText, startedAt, sentBytes, receivedBytes) {
        grpcClient.count.with(fullMethod, statusText).value++;
        grpcClient.latency.with(fullMethod, statusText).observe(performance.now() - startedAt);
        grpcClient.sent.with(fullMethod).observe(sentBytes);
        grpcClient.received.with(fullMethod).observe(receivedBytes);
      },
    }),
    appHealthProbe: () => ({
      record(statusText, startedAt) {
        probes.count.with(statusText).value++;
        probes.latency.with(statusText).observe(performance.now() - startedAt);
      },
    }),
    httpServer() {
      const received = once(() => http.received.with());
      const sent = once(() => http.sent.with());
      const series = remember((key: string, verbOfCall: string, label: string, code: number) => {
        const labels = [verb(verbOfCall), label, String(code)];
        return {
          requests: http.requests.with(...labels),
          responses: http.responses.with(...labels),
          latency: http.latency.with(...labels),
        };
      });
      return {
        record(verbOfCall, fullPath, code, startedAt, requestBytes, responseBytes) {
          const label = pathLabel(fullPath);
          const found = series(`${verbOfCall} ${code} ${label}`, verbOfCall, label, code);
          found.requests.value++;
          found.responses.value++;
          found.latency.observe(performance.now() - startedAt);
          received().observe(requestBytes);
          sent().observe(responseBytes);
        },
      };
    },
    grpcServer() {
      const series = remember((key: string, fullMethod: string, code: number) => {
        const labels = [fullMethod, codeNames[code] ?? String(code)];
        return {
          count: grpc.count.with(...labels),
          latency: grpc.latency.with(...labels),
          received: grpc.received.with(fullMethod),
          sent: grpc.sent.with(fullMethod),
        };
      });
      return {
        record(fullMethod, code, startedAt, receivedBytes, sentBytes) {
          const found = series(`${code} ${fullMethod}`, fullMethod, code);
          found.count.value++;
          found.latency.observe(performance.now() - startedAt);
          found.received.observe(receivedBytes);
          found.sent.observe(sentBytes);
        },
      };
    },
    componentLoaded: () => void loaded.with().value++,
    componentInit: (type) => void initialised.with(type).value++,
    componentInitFailed: (type, reason, name) => void initFailed.with(type, reason, name).value++,
    errorCode: options.recordErrorCodes
      ? (code, reason) => void errorCodes.with(code, errorCategory(code, reason)).value++
      : () => {},
    render: () => Promise.resolve(renders.map((render) => render()).join("") + renderProcess()),
  };
}

interface Series {
  readonly count: Counter;
  readonly latency: Histogram;
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** Remembers what was made for a key. The families themselves bound how many series there are. */
function remember<A extends readonly unknown[], T>(
  make: (key: string, ...rest: A) => T,
): (key: string, ...rest: A) => T {
  const known = new Map<string, T>();
  return (key, ...rest) => {
    let found = known.get(key);
    if (found === undefined) {
      found = make(key, ...rest);
      if (known.size >= 10_000) known.clear();
      known.set(key, found);
    }
    return found;
  };
}
