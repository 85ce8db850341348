import { equal, match, rejects } from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { until, type Verdicts } from "@trilby/interop-judging";
import type { OurComponents } from "./components.ts";
import { eventAt } from "./messages.ts";
import type { World } from "./world.ts";

/**
 * What a stock daprd does about a component that dies is a fact, written down here and red when it changes: it connects again, but
 * initialises a component only when it starts itself, and opens no subscription again.
 */
export async function judgeCrashes({ ours, builtin, components }: World, { check }: Verdicts): Promise<void> {
  const redis = componentOf(components, "state-redis");
  const kafka = componentOf(components, "pubsub-kafka");
  const awayOrder = randomUUID();

  await check("killed: calls fail at once, as unavailable", async () => {
    await ours.http().save("redis", [{ key: "kept", value: "kept" }]);
    await redis.kill();
    await kafka.kill();
    for (const api of [ours.http(), ours.grpc()]) {
      await rejects(api.get("redis", "kept"), /Unavailable/);
      await rejects(api.publish("kafka", "orders", "lost"), /Unavailable/);
    }
  });
  await check("restarted: daprd connects again and never initialises, so calls say what is missing", async () => {
    await redis.start();
    await kafka.start();
    const api = ours.http();
    for (const call of [() => api.get("redis", "kept"), () => api.publish("kafka", "orders", "lost")]) {
      const why = await until("an answer of the new process", async () => {
        const message = await messageOf(call());
        return /FailedPrecondition/.test(message) && message;
      });
      match(why, /not initialised/);
    }
    await builtin.http().publish("kafka", "orders", { order: awayOrder });
    await eventAt(builtin.app, "/kafka-orders", awayOrder);
    equal(ours.app.deliveries.filter(({ body }) => body.includes(awayOrder)).length, 0);
    await rejects(api.get("redis", "kept"), /FailedPrecondition/);
  });
  await check("daprd restarted too: all is there, and the message of the meantime arrives", async () => {
    await ours.restart();
    equal((await ours.http().get("redis", "kept"))?.value, "kept");
    await eventAt(ours.app, "/kafka-orders", awayOrder);
  });
  await check("without our processes nothing answers: it was they who did", async () => {
    await Promise.all([...components.values()].map((component) => component.kill()));
    const api = ours.http();
    const events = (): number => ours.app.deliveries.filter(({ path }) => path === "/cron").length;
    for (const store of ["redis", "postgres1", "postgres2", "memory", "sqlite"])
      await rejects(api.get(store, "kept"), /Unavailable/, store);
    for (const pubsub of ["kafka", "channel"])
      await rejects(api.publish(pubsub, "orders", "lost"), /Unavailable/, pubsub);
    for (const store of ["file", "environment", "vault"])
      await rejects(api.secret(store, "judge-secret"), /Unavailable/, store);
    await rejects(api.invoke("mqtt", "create", "lost"), /Unavailable/);
    const before = events();
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    equal(events(), before);
  });
}

function componentOf(components: OurComponents, name: string) {
  const component = components.get(name);
  if (component === undefined) throw new Error(`${name} is not served`);
  return component;
}

function messageOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => "",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}
