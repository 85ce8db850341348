import { deepEqual, equal } from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { etagSteps, runJudge, stateSteps, until } from "@trilby/interop-judging";
import { ServiceNotRun } from "@trilby/services";
import { secrets } from "./src/components.ts";
import { judgeCrashes } from "./src/crashes.ts";
import { comesAgainWhenRefused, eventAt, reachesBoth } from "./src/messages.ts";
import { sharingSteps } from "./src/same-data.ts";
import { openWorld, type World } from "./src/world.ts";

await runJudge("stock-daprd", async (verdicts) => {
  const { check } = verdicts;
  let world: World;
  try {
    world = await openWorld();
  } catch (error) {
    if (error instanceof ServiceNotRun) return verdicts.notRun("stock-daprd", error.message);
    throw error;
  }
  const { ours, builtin } = world;
  try {
    for (const api of [ours.http(), ours.grpc()]) {
      for (const store of ["redis", "postgres1", "postgres2", "memory", "sqlite"])
        for (const { name, run } of [...stateSteps, ...etagSteps])
          await check(`${store} over ${api.protocol}: ${name}`, () => run(api, store));
      for (const store of ["file", "environment", "vault"]) {
        await check(`secrets of ${store} over ${api.protocol}`, async () => {
          deepEqual(await api.secret(store, "judge-secret"), secrets);
          deepEqual((await api.secrets(store))["judge-secret"], secrets);
        });
      }
      await check(`in-memory broker over ${api.protocol}: a message reaches the app`, async () => {
        const order = randomUUID();
        await api.publish("channel", "orders", { order });
        deepEqual((await eventAt(ours.app, "/channel-orders", order))["data"], { order });
      });
      await check(`in-memory broker over ${api.protocol}: a refused message comes again`, () =>
        comesAgainWhenRefused(api, ours.app, "channel", "/channel-orders"),
      );
      await check(`kafka over ${api.protocol}: a refused message comes again`, () =>
        comesAgainWhenRefused(api, ours.app, "kafka", "/kafka-orders"),
      );
    }
    // The same of daprd's own components, so that what is asked of ours is proven to be right.
    for (const store of ["redis", "postgres1", "postgres2", "memory", "sqlite"])
      for (const { name, run } of [...stateSteps, ...etagSteps])
        await check(`daprd's own ${store}: ${name}`, () => run(builtin.http(), store));
    await check("cron: events reach the app", async () => {
      await until("two events", () => ours.app.deliveries.filter(({ path }) => path === "/cron").length >= 2);
    });

    for (const store of ["redis", "postgres1", "postgres2"]) {
      for (const { name, run } of sharingSteps) {
        await check(`${store}, written by daprd's own, read by ours: ${name}`, () =>
          run(builtin.http(), ours.http(), store),
        );
        await check(`${store}, written by ours, read by daprd's own: ${name}`, () =>
          run(ours.http(), builtin.http(), store),
        );
      }
    }
    for (const side of [ours, builtin]) {
      await check(`kafka: what ${side.name} publishes reaches both`, () =>
        reachesBoth(side.http(), side.name, [ours.app, builtin.app], "/kafka-orders"),
      );
      await check(`mqtt: what ${side.name} sends comes in at both`, async () => {
        const order = randomUUID();
        await side.http().invoke("mqtt", "create", { order });
        for (const { app } of [ours, builtin]) {
          const event = await until(order, () =>
            app.deliveries.find(({ path, body }) => path === "/mqtt" && body.includes(order)),
          );
          equal((JSON.parse(event.body) as { order: string }).order, order);
        }
      });
    }
    // What trilbyd answers as well: in its own process like the one, on a socket like the other.
    for (const [side, status] of [
      [builtin, 204],
      [ours, 200],
    ] as const)
      await check(`mqtt: nothing to answer is ${status} of ${side.name}`, async () => {
        const body = JSON.stringify({ operation: "create", data: { order: randomUUID() } });
        const answer = await fetch(`${side.daemon().http}/v1.0/bindings/mqtt`, { method: "POST", body });
        equal(answer.status, status);
        equal(await answer.text(), "");
      });
    for (const [name, { served }] of world.components)
      await check(`${name} is still there`, async () =>
        equal(served().process.ended(), undefined, served().process.log()),
      );
    await judgeCrashes(world, verdicts);
  } finally {
    await world.stop();
  }
});
