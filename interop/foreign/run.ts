import { equal, rejects } from "node:assert/strict";
import { buildGo, daprd, runJudge, stateSteps, trilbyd, until } from "@trilby/interop-judging";
import {
  arrived,
  deliversRefusedMessagesAgain,
  letsTheFirstWriteWin,
  publishesToTheApp,
  refusesOldEtags,
  ringsTheBell,
} from "./src/steps.ts";
import { openWorld } from "./src/world.ts";

const stock = process.argv.includes("--against=daprd");

await runJudge("foreign", async ({ check, note }) => {
  const program = buildGo("foreign", import.meta.dirname, ["build"]);
  const world = await openWorld(stock ? daprd() : trilbyd, program);
  const { apis, app } = world;
  try {
    for (const api of apis) {
      for (const { name, run } of stateSteps)
        await check(`state over ${api.protocol}: ${name}`, () => run(api, "shelf"));
      await check(`state over ${api.protocol}: refuses a write with an old etag`, () => refusesOldEtags(api));
      await check(`state over ${api.protocol}: the first of many writes wins`, () => letsTheFirstWriteWin(api));
      await check(`pub/sub over ${api.protocol}: publishes to the app`, () => publishesToTheApp(api, app));
      await check(`pub/sub over ${api.protocol}: delivers a refused message again`, () =>
        deliversRefusedMessagesAgain(api, app),
      );
      await check(`binding over ${api.protocol}: rings out and in`, () => ringsTheBell(api, app));
    }
    if (stock) return note("killing is not judged with a stock daprd: it never initialises a component again");

    await check("killed: a call is refused, not lost in silence", async () => {
      for (const api of apis) await api.save("shelf", [{ key: "kept", value: api.protocol }]);
      await world.components().kill();
      await rejects(apis[0]!.save("shelf", [{ key: "lost", value: 1 }]));
    });
    await check("restarted: the store, the subscription and the binding are back by themselves", async () => {
      await world.restartComponents();
      for (const api of apis) {
        await until("the store", async () => (await api.get("shelf", "kept"))?.value === "gRPC");
        equal(await api.get("shelf", "lost"), undefined);
        // The broker forgets what nobody has subscribed to yet.
        const order = `after the restart over ${api.protocol}`;
        await until("a message", async () => {
          await api.publish("tube", "orders", { order });
          return app.deliveries.some(({ body }) => body.includes(order));
        });
        await api.invoke("bell", "ring", { song: order });
        await arrived(app, "/bell", order);
        for (const { run } of stateSteps) await run(api, "shelf");
      }
    });
  } finally {
    await world.stop();
  }
});
