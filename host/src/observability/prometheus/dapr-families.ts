import { counterFamily, histogramFamily, type CounterFamily, type HistogramFamily } from "./family.ts";

/** A count and how long what was counted took. */
export interface Timed {
  readonly count: CounterFamily;
  readonly latency: HistogramFamily;
}

const daprLatencyBuckets = [
  1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 30, 40, 50, 65, 80, 100, 130, 160, 200, 250, 300, 400, 500, 650, 800, 1000,
  2000, 5000, 10000, 20000, 50000, 100000,
];
const sizeBuckets = [1, 2, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304].map(
  (size) => size * 1024,
);

/** Dapr's metrics by their names and labels. `latencyBuckets` in milliseconds; absent: Dapr's own. */
export function createDaprFamilies(appId: string, latencyBuckets: readonly number[] | undefined) {
  const fixed = `app_id="${appId}"`;
  const all: (CounterFamily | HistogramFamily)[] = [];
  const keep = <F extends CounterFamily | HistogramFamily>(family: F): F => {
    all.push(family);
    return family;
  };
  const counter = (name: string, help: string, ...labels: string[]): CounterFamily =>
    keep(counterFamily(`dapr_${name}`, help, fixed, labels));
  const latency = (name: string, help: string, ...labels: string[]): HistogramFamily =>
    keep(histogramFamily(`dapr_${name}`, help, fixed, labels, latencyBuckets ?? daprLatencyBuckets));
  const size = (name: string, help: string, ...labels: string[]): HistogramFamily =>
    keep(histogramFamily(`dapr_${name}`, help, fixed, labels, sizeBuckets));
  const timed = (count: string, latencies: string, what: string, ...labels: string[]): Timed => ({
    count: counter(count, `Number of ${what}.`, ...labels),
    latency: latency(latencies, `Milliseconds of ${what}.`, ...labels),
  });
  const component = (name: string, what: string, ...labels: string[]): Timed =>
    timed(`component_${name}_count`, `component_${name}_latencies`, what, "component", "namespace", ...labels);

  return {
    operations: {
      state: component("state", "operations on state stores", "operation", "success"),
      secret: component("secret", "operations on secret stores", "operation", "success"),
      output_binding: component("output_binding", "calls of output bindings", "operation", "success"),
      configuration: component("configuration", "operations on configuration stores", "operation", "success"),
      crypto: component("crypto", "operations of crypto providers", "operation", "success"),
    },
    inputBinding: component("input_binding", "events given to the app", "success"),
    egress: component("pubsub_egress", "messages published", "topic", "success"),
    bulkEgress: timed(
      "component_pubsub_egress_bulk_count",
      "component_pubsub_egress_bulk_latencies",
      "bulk publish calls",
      "component",
      "namespace",
      "topic",
      "success",
    ),
    ingress: component("pubsub_ingress", "messages given to the app", "process_status", "topic", "status"),
    bulkIngress: {
      ...timed(
        "component_pubsub_ingress_bulk_count",
        "component_pubsub_ingress_bulk_latencies",
        "calls that gave the app many messages",
        "component",
        "namespace",
        "topic",
      ),
      events: counter(
        "component_pubsub_ingress_bulk_event_count",
        "Number of messages in calls that gave the app many.",
        "component",
        "namespace",
        "process_status",
        "topic",
      ),
    },
    http: {
      requests: counter("http_server_request_count", "Number of HTTP requests.", "method", "path", "status"),
      responses: counter("http_server_response_count", "Number of HTTP responses.", "method", "path", "status"),
      latency: latency("http_server_latency", "Milliseconds of HTTP requests.", "method", "path", "status"),
      received: size("http_server_request_bytes", "Bytes of request bodies."),
      sent: size("http_server_response_bytes", "Bytes of response bodies."),
    },
    httpClient: {
      ...timed(
        "http_client_completed_count",
        "http_client_roundtrip_latency",
        "HTTP calls",
        "method",
        "path",
        "status",
      ),
      sent: size("http_client_sent_bytes", "Bytes sent.", "method", "path"),
      received: size("http_client_received_bytes", "Bytes received."),
    },
    probes: timed(
      "http_healthprobes_completed_count",
      "http_healthprobes_roundtrip_latency",
      "health probes of the app",
      "status",
    ),
    grpc: {
      ...timed(
        "grpc_io_server_completed_rpcs",
        "grpc_io_server_server_latency",
        "gRPC calls taken",
        "grpc_server_method",
        "grpc_server_status",
      ),
      received: size("grpc_io_server_received_bytes_per_rpc", "Bytes of requests.", "grpc_server_method"),
      sent: size("grpc_io_server_sent_bytes_per_rpc", "Bytes of responses.", "grpc_server_method"),
    },
    grpcClient: {
      ...timed(
        "grpc_io_client_completed_rpcs",
        "grpc_io_client_roundtrip_latency",
        "gRPC calls made",
        "grpc_client_method",
        "grpc_client_status",
      ),
      sent: size("grpc_io_client_sent_bytes_per_rpc", "Bytes of requests.", "grpc_client_method"),
      received: size("grpc_io_client_received_bytes_per_rpc", "Bytes of responses.", "grpc_client_method"),
    },
    loaded: counter("runtime_component_loaded", "Number of components loaded."),
    initialised: counter("runtime_component_init_total", "Number of components initialised.", "component"),
    initFailed: counter(
      "runtime_component_init_fail_total",
      "Number of components that could not be initialised.",
      "component",
      "reason",
      "componentName",
    ),
    errorCodes: counter("error_code_total", "Number of errors of the API.", "error_code", "category"),
    render: (): string => all.map((family) => family.render()).join(""),
  };
}
