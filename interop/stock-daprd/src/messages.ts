import { deepEqual, equal } from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type Api, type App, until } from "@trilby/interop-judging";

/** The CloudEvent with that order, once it came to the path of the application. */
export async function eventAt(app: App, path: string, order: string): Promise<Record<string, unknown>> {
  const delivery = await until(
    `${order} at ${path}`,
    () => app.deliveries.find((each) => each.path === path && each.body.includes(order)),
    30_000,
  );
  return JSON.parse(delivery.body) as Record<string, unknown>;
}

/** A message published through one daemon reaches the applications of both, as the same event. */
export async function reachesBoth(api: Api, from: string, apps: readonly App[], path: string): Promise<void> {
  const order = randomUUID();
  await api.publish("kafka", "orders", { order, note: "Zoë" });
  const events = await Promise.all(apps.map((app) => eventAt(app, path, order)));
  for (const event of events) {
    deepEqual(event["data"], { order, note: "Zoë" });
    equal(event["source"], from);
    equal(event["id"], events[0]!["id"]);
    equal(event["datacontenttype"], "application/json");
  }
}

export async function comesAgainWhenRefused(api: Api, app: App, pubsub: string, path: string): Promise<void> {
  const order = randomUUID();
  app.refuse(path, 2);
  await api.publish(pubsub, "orders", { order });
  await until("a third delivery", () => app.deliveries.filter(({ body }) => body.includes(order)).length >= 3, 30_000);
}
