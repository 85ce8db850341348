import { equal, ok, rejects } from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type Api, type App, until } from "@trilby/interop-judging";

/** The SDK is of Dapr 1.11's age: an etag that does not match arrives without details, so the daemon knows a failure, not a conflict. */
export async function refusesOldEtags(api: Api): Promise<void> {
  const key = randomUUID();
  await api.save("shelf", [{ key, value: 1 }]);
  const etag = (await api.get("shelf", key))!.etag!;
  await api.save("shelf", [{ key, value: 2, etag }]);
  await rejects(api.save("shelf", [{ key, value: 3, etag }]));
  equal((await api.get("shelf", key))?.value, 2);
}

export async function letsTheFirstWriteWin(api: Api): Promise<void> {
  const key = randomUUID();
  const writers = Array.from({ length: 16 }, (_, value) => api.save("shelf", [{ key, value, firstWrite: true }]));
  const results = await Promise.allSettled(writers);
  const winners = results.flatMap(({ status }, value) => (status === "fulfilled" ? [value] : []));
  equal(winners.length, 1);
  equal((await api.get("shelf", key))?.value, winners[0]);
}

export async function publishesToTheApp(api: Api, app: App): Promise<void> {
  const order = randomUUID();
  await api.publish("tube", "orders", { order });
  const event = await arrived(app, "/orders", order);
  const { data, source, topic } = JSON.parse(event) as { data: unknown; source: string; topic: string };
  equal((data as { order: string }).order, order);
  equal(source, "foreign");
  equal(topic, "orders");
}

export async function deliversRefusedMessagesAgain(api: Api, app: App): Promise<void> {
  const order = randomUUID();
  app.refuse("/orders", 2);
  await api.publish("tube", "orders", { order });
  await until("three deliveries", () => count(app, "/orders", order) === 3);
}

export async function ringsTheBell(api: Api, app: App): Promise<void> {
  const song = randomUUID();
  const before = Number(await api.invoke("bell", "count", null));
  equal(await api.invoke("bell", "ring", { song }, { tone: "c" }), '"rung"');
  const event = await arrived(app, "/bell", song);
  equal((JSON.parse(event) as { song: string }).song, song);
  equal(Number(await api.invoke("bell", "count", null)), before + 1);
  await rejects(api.invoke("bell", "paint", null), /paint/);
}

export async function arrived(app: App, path: string, text: string): Promise<string> {
  await until(`${text} at ${path}`, () => count(app, path, text) > 0);
  const delivery = app.deliveries.find((each) => each.path === path && each.body.includes(text));
  ok(delivery);
  return delivery.body;
}

function count(app: App, path: string, text: string): number {
  return app.deliveries.filter((each) => each.path === path && each.body.includes(text)).length;
}
