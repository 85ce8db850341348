import { claimPort } from "@trilby/services";
import express, { type Express } from "express";
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { afterAll, beforeAll, describe, test } from "vitest";

import { createTestHost } from "../../src/index.ts";
import { type ComponentRow, yamlOf } from "./component-row.ts";
import { eventually } from "./eventually.ts";
import { startTrilbyd } from "./trilbyd.ts";
import { folder, placements } from "./world.ts";

// An application without any SDK: Express and fetch.
const components: ComponentRow[] = [
  { name: "store", type: "state.in-memory", package: "state-in-memory" },
  { name: "broker", type: "pubsub.in-memory", package: "pubsub-in-memory" },
  { name: "clock", type: "bindings.cron", package: "bindings-cron", properties: { schedule: "@every 200ms" } },
];

interface Seen {
  readonly orders: { readonly contentType: string | undefined; readonly event: Record<string, unknown> }[];
  readonly failed: unknown[];
  ticks: number;
}

function createApp(): { app: Express; seen: Seen } {
  const seen: Seen = { orders: [], failed: [], ticks: 0 };
  const app = express().use(express.json({ type: ["application/json", "application/*+json"] }));
  app.get("/dapr/subscribe", (_request, response) => {
    response.json([
      { pubsubname: "broker", topic: "orders", route: "/orders" },
      { pubsubname: "broker", topic: "poison", route: "/poison", deadLetterTopic: "failed" },
      { pubsubname: "broker", topic: "failed", routes: { default: "/failed" } },
    ]);
  });
  app.post("/orders", (request, response) => {
    seen.orders.push({ contentType: request.headers["content-type"], event: request.body as Record<string, unknown> });
    // No body at all: taken.
    response.sendStatus(204);
  });
  app.post("/poison", (_request, response) => {
    response.sendStatus(500);
  });
  app.post("/failed", (request, response) => {
    seen.failed.push((request.body as { data: unknown }).data);
    response.json({ status: "SUCCESS" });
  });
  app.post("/clock", (_request, response) => {
    seen.ticks++;
    response.json({});
  });
  return { app, seen };
}

describe.each(placements)("an Express app without an SDK, components %s", (placement) => {
  const { app, seen } = createApp();
  let host: { readonly httpPort: number; stop(): Promise<void> };
  beforeAll(async () => {
    const yaml = components.map((each) => yamlOf(each));
    if (placement === "in-process") host = await createTestHost({ appId: "shop", app, folder, components: yaml });
    else {
      const { port, release } = await claimPort();
      const start = async () => {
        const server = createServer(app).listen(port, "127.0.0.1");
        await once(server, "listening");
        return async () => {
          server.close().closeAllConnections();
          await once(server, "close");
          release();
        };
      };
      host = await startTrilbyd({ appId: "shop", app: { port, protocol: "http", start }, components, placement });
    }
  });
  afterAll(() => host?.stop());

  const call = (method: string, path: string, body?: string, headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${host.httpPort}${path}`, {
      method,
      headers: { "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body }),
    });

  test("keeps state with etags", async () => {
    assert.equal((await call("POST", "/v1.0/state/store", '[{"key": "cart", "value": {"items": 2}}]')).status, 204);
    const read = await call("GET", "/v1.0/state/store/cart");
    assert.equal(read.status, 200);
    assert.equal(await read.text(), '{"items":2}');
    const etag = read.headers.get("etag")!;
    assert.ok(etag);
    assert.equal((await call("DELETE", "/v1.0/state/store/cart", undefined, { "if-match": etag })).status, 204);
    assert.equal((await call("DELETE", "/v1.0/state/store/cart", undefined, { "if-match": etag })).status, 409);
    assert.equal((await call("GET", "/v1.0/state/store/cart")).status, 204);
  });

  test("gets what it publishes as a CloudEvent", async () => {
    assert.equal((await call("POST", "/v1.0/publish/broker/orders", '{"order": 1}')).status, 204);
    await eventually(() => assert.equal(seen.orders.length, 1));
    const { contentType, event } = seen.orders[0]!;
    assert.equal(contentType, "application/cloudevents+json");
    const { id, time, traceparent, traceid, tracestate: _, ...rest } = event;
    assert.ok(typeof id === "string" && Date.parse(time as string) > 0);
    assert.equal(traceparent, traceid);
    assert.deepEqual(rest, {
      data: { order: 1 },
      datacontenttype: "application/json",
      pubsubname: "broker",
      source: "shop",
      specversion: "1.0",
      topic: "orders",
      type: "com.dapr.event.sent",
    });
  });

  test("gets from the dead letter topic what it could not take", async () => {
    assert.equal((await call("POST", "/v1.0/publish/broker/poison", '{"order": 2}')).status, 204);
    await eventually(() => assert.deepEqual(seen.failed, [{ order: 2 }]));
  });

  test("hears the clock", () => eventually(() => assert.ok(seen.ticks >= 2)));
});
