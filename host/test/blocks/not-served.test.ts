import { afterEach, expect, test } from "vitest";

import { parseFlags } from "../../src/options/flag-values.ts";
import { readHostOptions } from "../../src/options/host-options.ts";
import { createRuntime, type Runtime } from "../../src/runtime.ts";
import { answer, startHttpApp } from "../app/http-app.ts";
import { recordingLog } from "../app/recorders.ts";
import { declared } from "./subscribe.ts";

const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
});

test("verbose health names the subscriptions that are not served, and why", async () => {
  const app = await startHttpApp({ "GET /dapr/subscribe": answer(404) });
  opened.push(app.close);
  const { options } = readHostOptions(
    parseFlags([
      "--app-id=shop",
      `--app-port=${app.port}`,
      "--dapr-http-port=0",
      "--dapr-grpc-port=0",
      "--enable-metrics=false",
      "--dapr-listen-addresses=127.0.0.1",
    ]),
    {},
  );
  const subscriptions = [declared("a", { pubsubName: "missing" })];
  const runtime: Runtime = createRuntime(options, { log: recordingLog(), subscriptions, environment: {} });
  opened.push(runtime.stop);
  await runtime.start();
  await runtime.ready;
  const { port } = runtime.addresses.http[0] as { port: number };
  const response = await fetch(`http://127.0.0.1:${port}/v1.0/healthz?verbose`);
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({
    status: "ready",
    notServed: [
      {
        component: "missing",
        topic: "a",
        source: "subs.yaml:3:1",
        reason: "no pubsub component of that name is loaded",
      },
    ],
  });
});
