import { createTestHost, type TestHost } from "@trilby/testing";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

import { createApp } from "../src/app.ts";

const folder = fileURLToPath(new URL("..", import.meta.url));
let host: TestHost;
beforeAll(async () => {
  // As in Dapr, the path of a file of secrets begins at the working directory.
  process.chdir(folder);
  host = await createTestHost({ folder, components: ["resources"], app: createApp() });
});
afterAll(() => host.stop());

test("state is kept, and an old etag refused", async () => {
  const saved = await post("/v1.0/state/store", [{ key: "cart", value: { items: 2 } }]);
  assert.equal(saved.status, 204);
  const read = await fetch(`${host.url}/v1.0/state/store/cart`);
  assert.equal(await read.text(), '{"items":2}');
  const second = { key: "cart", value: { items: 3 }, etag: read.headers.get("etag") };
  assert.equal((await post("/v1.0/state/store", [second])).status, 204);
  assert.equal((await post("/v1.0/state/store", [second])).status, 409);
});

test("a secret is read", async () => {
  const secret = await fetch(`${host.url}/v1.0/secrets/vault/greeting`);
  assert.deepEqual(await secret.json(), { greeting: "a secret that only the app should see" });
});

test("orders and the ticks of the clock reach the app", async () => {
  await host.publish("orders", "placed", { order: 1 });
  await expect.poll(seen).toMatchObject({ orders: [{ order: 1 }] });
  await expect.poll(async () => (await seen()).ticks, { timeout: 5000 }).toBeGreaterThan(0);
});

function post(path: string, body: unknown): Promise<Response> {
  return fetch(`${host.url}${path}`, { method: "POST", body: JSON.stringify(body) });
}

async function seen(): Promise<{ orders: unknown[]; ticks: number }> {
  const response = await fetch(`http://127.0.0.1:${host.appPort}/seen`);
  return (await response.json()) as { orders: unknown[]; ticks: number };
}
