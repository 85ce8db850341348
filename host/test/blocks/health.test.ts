import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { Block } from "../../src/blocks/block.ts";
import { createHealthBlock } from "../../src/blocks/health/create-health-block.ts";
import { createHealthTargets, type HealthTargets } from "../../src/health-targets.ts";
import { openApis, recordingLog, type OpenApis } from "../api/open-apis.ts";
import { rpc } from "../api/rpc.ts";
import { testRegistry, type TestRegistry } from "../api/test-registry.ts";

let apis: OpenApis;
let registry: TestRegistry;
let health: HealthTargets;
let outbound: HealthTargets;
let stops: boolean[];

const unserved = [{ component: "broker", topic: "orders", reason: "no route" }];

function block(): Block {
  const stop = (force: boolean): void => void stops.push(force);
  return createHealthBlock({
    appId: "app",
    registry,
    health,
    outbound,
    notServed: () => unserved,
    stop,
    log: recordingLog().log,
  });
}

beforeEach(async () => {
  registry = testRegistry();
  health = createHealthTargets();
  outbound = createHealthTargets();
  stops = [];
  apis = await openApis({ blocks: [block()] });
});
afterEach(() => apis.close());

test("health waits for every target", async () => {
  const runtime = health.add("runtime");
  const server = health.add("grpc-api-server");
  expect(await apis.http("GET", "/v1.0/healthz")).toMatchObject({
    status: 500,
    body: '{"errorCode":"ERR_HEALTH_NOT_READY","message":"dapr is not ready: [runtime grpc-api-server]"}',
  });
  runtime.ready();
  server.ready();
  const ready = await apis.http("GET", "/v1.0/healthz");
  expect(ready).toMatchObject({ status: 204, body: "" });
  runtime.notReady();
  expect(await apis.http("GET", "/v1.0/healthz")).toMatchObject({ status: 500 });
});

test("health can be asked for an app", async () => {
  expect(await apis.http("GET", "/v1.0/healthz?appid=app")).toMatchObject({ status: 204 });
  for (const query of ["?appid=other", "?appid="]) {
    expect(await apis.http("GET", `/v1.0/healthz${query}`)).toMatchObject({
      status: 500,
      body: '{"errorCode":"ERR_HEALTH_APPID_NOT_MATCH","message":"dapr app-id does not match"}',
    });
  }
});

test("outbound health has targets of its own", async () => {
  health.add("runtime");
  const app = outbound.add("app");
  expect(await apis.http("GET", "/v1.0/healthz/outbound")).toMatchObject({
    status: 500,
    body: '{"errorCode":"ERR_OUTBOUND_HEALTH_NOT_READY","message":"dapr outbound is not ready"}',
  });
  app.ready();
  expect(await apis.http("GET", "/v1.0/healthz/outbound")).toMatchObject({ status: 204, body: "" });
});

test("?verbose tells how each component is", async () => {
  const runtime = health.add("runtime");
  registry.setHealth({
    name: "store",
    kind: "state",
    type: "state.redis",
    version: "v1",
    state: "degraded",
    lastError: "connection refused",
    nextRetry: Date.UTC(2030, 0),
    placement: "child",
    source: "redis.yaml:3",
  });
  const component = {
    name: "store",
    kind: "state",
    type: "state.redis",
    version: "v1",
    state: "degraded",
    lastError: "connection refused",
    nextRetry: "2030-01-01T00:00:00.000Z",
    placement: "child",
    source: "redis.yaml:3",
  };
  const waiting = await apis.http("GET", "/v1.0/healthz?verbose");
  expect(waiting.status).toBe(500);
  expect(JSON.parse(waiting.body)).toEqual({
    status: "not ready",
    waitingFor: ["runtime"],
    components: [component],
    notServed: unserved,
  });
  runtime.ready();
  const ready = await apis.http("GET", "/v1.0/healthz?verbose=true");
  expect(ready.status).toBe(200);
  expect(JSON.parse(ready.body)).toEqual({
    status: "ready",
    waitingFor: [],
    components: [component],
    notServed: unserved,
  });
});

test("?verbose tells strangers nothing but whether it is ready", async () => {
  await apis.close();
  apis = await openApis({ blocks: [block()], options: { token: "secret", publicPort: 0 } });
  const runtime = health.add("runtime");
  runtime.ready();
  expect(await apis.http("GET", "/v1.0/healthz?verbose")).toMatchObject({ status: 204, body: "" });
  expect(await apis.http("GET", "/v1.0/healthz?verbose", { port: apis.publicPort! })).toMatchObject({ status: 204 });
  const { status, body } = await apis.http("GET", "/v1.0/healthz?verbose", { headers: { "dapr-api-token": "secret" } });
  expect(status).toBe(200);
  expect(JSON.parse(body)).toMatchObject({ status: "ready" });
});

describe("shutdown", () => {
  const stopped = async (): Promise<boolean[]> => {
    await expect.poll(() => stops.length).toBe(1);
    return stops;
  };

  test("over HTTP answers first", async () => {
    expect(await apis.http("POST", "/v1.0/shutdown")).toMatchObject({ status: 204, body: "" });
    expect(await stopped()).toEqual([false]);
  });

  test("over HTTP by force", async () => {
    expect(await apis.http("POST", "/v1.0/shutdown", { headers: { "dapr-force-shutdown": "TRUE" } })).toMatchObject({
      status: 204,
    });
    expect(stops).toEqual([]);
    expect(await stopped()).toEqual([true]);
  });

  test("over gRPC", async () => {
    expect(await rpc(apis.grpc, "shutdown", {})).toEqual({});
    expect(await stopped()).toEqual([false]);
  });

  test("over gRPC by force", async () => {
    await rpc(apis.grpc, "shutdown", {}, { metadata: [["dapr-force-shutdown", "true"]] });
    expect(await stopped()).toEqual([true]);
  });

  test("does not happen by GET", async () => {
    expect(await apis.http("GET", "/v1.0/shutdown")).toMatchObject({ status: 404 });
    expect(stops).toEqual([]);
  });
});
