import { expect, test } from "vitest";

import { httpPathLabel } from "../../src/observability/prometheus/http-path.ts";
import { errorCategory } from "../../src/observability/prometheus/error-category.ts";
import { counterFamily } from "../../src/observability/prometheus/family.ts";
import { createMetrics, defaultMetricsOptions } from "../../src/observability/prometheus/metrics.ts";
import { serveMetrics } from "../../src/observability/prometheus/server.ts";

const options = { ...defaultMetricsOptions, appId: "app", namespace: "ns" };

test("operations of components are counted with their time", async () => {
  const metrics = createMetrics(options);
  const get = metrics.componentOperation("state", 'my"store', "get");
  get.record(true, performance.now());
  get.record(true, performance.now() - 7);
  get.record(false, performance.now() - 200_000);
  const page = await metrics.render();
  const labels = (success: boolean): string =>
    `app_id="app",component="my\\"store",namespace="ns",operation="get",success="${success}"`;
  expect(page).toContain(
    `# TYPE dapr_component_state_count counter\ndapr_component_state_count{${labels(true)}} 2\ndapr_component_state_count{${labels(false)}} 1\n`,
  );
  expect(page).toContain(`dapr_component_state_latencies_bucket{${labels(true)},le="1"} 1\n`);
  expect(page).toContain(`dapr_component_state_latencies_bucket{${labels(true)},le="8"} 2\n`);
  expect(page).toContain(`dapr_component_state_latencies_bucket{${labels(true)},le="+Inf"} 2\n`);
  expect(page).toContain(`dapr_component_state_latencies_bucket{${labels(false)},le="100000"} 0\n`);
  expect(page).toContain(`dapr_component_state_latencies_bucket{${labels(false)},le="+Inf"} 1\n`);
  expect(page).toMatch(/dapr_component_state_latencies_count\{[^}]*success="true"\} 2\n/);
  expect(page).not.toContain("dapr_component_secret_count");
});

test("requests are counted by method, path and status", async () => {
  const metrics = createMetrics(options);
  const server = metrics.httpServer();
  const now = performance.now();
  server.record("POST", "/v1.0/state/store", 204, now, 5000, 0);
  server.record("GET", "/v1.0/state/store/a", 200, now, 0, 10);
  server.record("GET", "/v1.0/state/store/b", 200, now, 0, 10);
  server.record("BREW", "/x", 404, now, 0, 0);
  const page = await metrics.render();
  expect(page).toContain(
    'dapr_http_server_request_count{app_id="app",method="POST",path="/v1.0/state/store",status="204"} 1\n',
  );
  expect(page).toContain(
    'dapr_http_server_response_count{app_id="app",method="GET",path="/v1.0/state/store",status="200"} 2\n',
  );
  expect(page).toContain('dapr_http_server_request_count{app_id="app",method="UNKNOWN",path="/x",status="404"} 1\n');
  expect(page).toContain(
    'dapr_http_server_latency_count{app_id="app",method="GET",path="/v1.0/state/store",status="200"} 2\n',
  );
  expect(page).toContain('dapr_http_server_request_bytes_bucket{app_id="app",le="4096"} 3\n');
  expect(page).toContain('dapr_http_server_request_bytes_sum{app_id="app"} 5000\n');
});

test("calls of gRPC are counted by method and code", async () => {
  const metrics = createMetrics(options);
  const server = metrics.grpcServer();
  server.record("/a.B/C", 0, performance.now(), 10, 20);
  server.record("/a.B/C", 5, performance.now(), 10, 0);
  const page = await metrics.render();
  expect(page).toContain(
    'dapr_grpc_io_server_completed_rpcs{app_id="app",grpc_server_method="/a.B/C",grpc_server_status="OK"} 1\n',
  );
  expect(page).toContain(
    'dapr_grpc_io_server_completed_rpcs{app_id="app",grpc_server_method="/a.B/C",grpc_server_status="NotFound"} 1\n',
  );
  expect(page).toContain(
    'dapr_grpc_io_server_received_bytes_per_rpc_sum{app_id="app",grpc_server_method="/a.B/C"} 20\n',
  );
});

test("everything else that Dapr counts", async () => {
  const metrics = createMetrics({ ...options, recordErrorCodes: true });
  const now = performance.now();
  metrics.componentLoaded();
  metrics.componentInit("state.redis");
  metrics.componentInitFailed("state.redis", "init", "store");
  metrics.errorCode("ERR_STATE_GET");
  metrics.inputBinding("cron").record(true, now);
  metrics.pubsubEgress("broker", "orders", false).record(false, now);
  metrics.pubsubEgress("broker", "orders", true).record(true, now);
  metrics.pubsubIngress("broker", "orders").record("drop", now);
  metrics.pubsubBulkIngress("broker", "orders").call(now);
  metrics.pubsubBulkIngress("broker", "orders").record("retry", now);
  metrics.appCall("POST", "/orders").record("200", now, 3, 4);
  metrics.appRpc("/a.B/C").record("OK", now, 3, 4);
  metrics.appHealthProbe().record("200", now);
  const page = await metrics.render();
  for (const line of [
    'dapr_runtime_component_loaded{app_id="app"} 1',
    'dapr_runtime_component_init_total{app_id="app",component="state.redis"} 1',
    'dapr_runtime_component_init_fail_total{app_id="app",component="state.redis",componentName="store",reason="init"} 1',
    'dapr_error_code_total{app_id="app",category="state",error_code="ERR_STATE_GET"} 1',
    'dapr_component_input_binding_count{app_id="app",component="cron",namespace="ns",success="true"} 1',
    'dapr_component_pubsub_egress_count{app_id="app",component="broker",namespace="ns",success="false",topic="orders"} 1',
    'dapr_component_pubsub_egress_bulk_count{app_id="app",component="broker",namespace="ns",success="true",topic="orders"} 1',
    'dapr_component_pubsub_ingress_count{app_id="app",component="broker",namespace="ns",process_status="drop",status="drop",topic="orders"} 1',
    'dapr_component_pubsub_ingress_bulk_count{app_id="app",component="broker",namespace="ns",topic="orders"} 1',
    'dapr_component_pubsub_ingress_bulk_latencies_count{app_id="app",component="broker",namespace="ns",topic="orders"} 1',
    'dapr_component_pubsub_ingress_bulk_event_count{app_id="app",component="broker",namespace="ns",process_status="retry",topic="orders"} 1',
    'dapr_http_client_completed_count{app_id="app",method="POST",path="/orders",status="200"} 1',
    'dapr_http_client_sent_bytes_sum{app_id="app",method="POST",path="/orders"} 3',
    'dapr_grpc_io_client_completed_rpcs{app_id="app",grpc_client_method="/a.B/C",grpc_client_status="OK"} 1',
    'dapr_http_healthprobes_completed_count{app_id="app",status="200"} 1',
  ])
    expect(page).toContain(`${line}\n`);
  expect(page).toMatch(/^process_resident_memory_bytes \d+$/m);
  expect(page).toMatch(/^process_cpu_seconds_total [\d.]+$/m);
});

test("error codes are left out unless asked for", async () => {
  const metrics = createMetrics(options);
  metrics.errorCode("ERR_STATE_GET");
  expect(await metrics.render()).not.toContain("dapr_error_code_total");
});

test("latency buckets can be chosen, verbs left out", async () => {
  const metrics = createMetrics({ ...options, latencyBuckets: [5, 50], http: { ...options.http, excludeVerbs: true } });
  metrics.httpServer().record("GET", "/x", 200, performance.now() - 20, 0, 0);
  const buckets = (await metrics.render()).match(/^dapr_http_server_latency_bucket\{.*\} \d$/gm);
  const labels = 'app_id="app",method="",path="/x",status="200"';
  expect(buckets).toEqual([
    `dapr_http_server_latency_bucket{${labels},le="5"} 0`,
    `dapr_http_server_latency_bucket{${labels},le="50"} 1`,
    `dapr_http_server_latency_bucket{${labels},le="+Inf"} 1`,
  ]);
});

test("label values without end cannot fill the memory", () => {
  const family = counterFamily("c", "help", "", ["path"]);
  for (let index = 0; index < 12_000; index++) family.with(`/${index}`).value++;
  const page = family.render();
  expect(page).toContain('c{path="other"} 2000\n');
  expect(page.split("\n").filter((line) => line.startsWith("c{"))).toHaveLength(10_001);
});

const legacy = httpPathLabel({ increasedCardinality: true, pathMatching: [] });
const low = httpPathLabel({ increasedCardinality: false, pathMatching: [] });
const matching = httpPathLabel({
  increasedCardinality: false,
  pathMatching: ["/orders/{id}", "/orders/new", "/files/", "v1.0/state/{name}"],
});
test.each([
  [legacy, "/v1.0/state/store/key/x", "/v1.0/state/store"],
  [legacy, "/v1.0/secrets/store/key", "/v1.0/secrets/store"],
  [legacy, "/v1.0/publish/p/t", "/v1.0/publish/p/t"],
  [legacy, "/v1.0/actors/type/7/method/m", "/v1.0/actors/type/{id}/method"],
  [legacy, "/v1.0/workflows/dapr/7", "/v1.0/workflows/dapr/{instanceId}"],
  [legacy, "/v1.0/workflows/dapr/7/raiseEvent/e", "/v1.0/workflows/dapr/{instanceId}/raiseEvent/{eventName}"],
  [legacy, "/v1.0//state///store/key", "/v1.0/state/store"],
  [legacy, "/x", "/x"],
  [low, "/v1.0/state/store", ""],
  [low, "/healthz", "/healthz"],
  [matching, "/orders/7", "/orders/{id}"],
  [matching, "/orders/new", "/orders/new"],
  [matching, "/v1.0/invoke/app/method/orders/7", "/v1.0/invoke/{app_id}/method/orders/{id}"],
  [matching, "/files/a/b", "/files/"],
  [matching, "/v1.0/state/store/key", "/v1.0/state/{name}"],
  [matching, "/other", ""],
])("%# the label of %s", (label, path, wanted) => {
  expect(label(path)).toBe(wanted);
});

test.each([
  ["ERR_ACTOR_NO_PLACEMENT", "actor"],
  ["ERR_PURGE_WORKFLOW", "workflow"],
  ["ERR_INSTANCE_ID_NOT_FOUND", "workflow"],
  ["ERR_STATE_SAVE", "state"],
  ["ERR_PERMISSION_DENIED", "secret"],
  ["ERR_DIRECT_INVOKE", "service-invocation"],
  ["ERR_INVOKE_OUTPUT_BINDING", "binding"],
  ["DAPR_SCHEDULER_GET_JOB", "job"],
  ["ERR_BODY_READ", "common"],
])("the category of %s is %s", (code, category) => {
  expect(errorCategory(code)).toBe(category);
});

test("a key that Dapr keeps for itself counts as an error of state", () => {
  expect(errorCategory("ERR_MALFORMED_REQUEST", "DAPR_STATE_ILLEGAL_KEY")).toBe("state");
  expect(errorCategory("ERR_MALFORMED_REQUEST")).toBe("common");
});

test("the page is served on any path", async () => {
  const metrics = createMetrics(options);
  metrics.componentLoaded();
  const server = await serveMetrics(metrics, { host: "127.0.0.1", port: 0 });
  for (const path of ["/", "/metrics", "/any/path?x"]) {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(await response.text()).toContain('dapr_runtime_component_loaded{app_id="app"} 1\n');
  }
  await server.close();
});
