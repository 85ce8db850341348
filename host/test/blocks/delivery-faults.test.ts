import { afterEach, describe, expect, test } from "vitest";

import { startGrpcApp, type GrpcApp } from "../app/grpc-app.ts";
import { answer, startHttpApp, type HttpApp } from "../app/http-app.ts";
import { drop, nextEvent, openAppStream, retry, success, type AppStream } from "./app-stream.ts";
import { declared, openSetting, type Setting } from "./subscribe.ts";
import { openStreamingHost } from "./streaming-host.ts";

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each.close();
});

/** The same faults in every run. */
function seeded(seed: number): () => number {
  return () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
}

const messages = 300;
const event = (id: number): object => ({
  id: String(id),
  specversion: "1.0",
  type: "t",
  source: "s",
  datacontenttype: "text/plain",
  data: "x",
});

/** Sends every message until it is acknowledged, several at a time, as a broker does. */
async function pump({ broker }: Pick<Setting, "broker">, topic: string): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let id = next++; id < messages; id = next++) {
      for (;;) {
        if (broker.open.has(topic) && (await broker.send(topic, event(id))) === "acknowledged") break;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

/** What was acknowledged must be with the application or in the dead letter topic. */
function expectNothingLost({ broker }: Pick<Setting, "broker">, handled: ReadonlySet<string>): void {
  const buried = new Set(
    broker.published.map(({ data }) => (JSON.parse(Buffer.from(data).toString()) as { id: string }).id),
  );
  const lost = Array.from({ length: messages }, (_, id) => String(id)).filter(
    (id) => !handled.has(id) && !buried.has(id),
  );
  expect(lost).toEqual([]);
}

describe.each([1, 2, 3])("under faults (seed %i), nothing that was acknowledged is lost", (seed) => {
  test("over HTTP: refusals, broken connections, restarts, a dead letter topic that fails at times", async () => {
    const random = seeded(seed);
    const handled = new Set<string>();
    let app: HttpApp | undefined;
    const start = async (port?: number): Promise<HttpApp> => {
      app = await startHttpApp(
        {
          "GET /healthz": answer(200),
          "POST /a": (request, response) => {
            const dice = random();
            if (dice < 0.6) {
              handled.add((JSON.parse(request.body.toString()) as { id: string }).id);
              response.end(dice < 0.1 ? "OK" : undefined);
            } else if (dice < 0.7) response.writeHead(500).end();
            else if (dice < 0.8) response.end('{"status":"RETRY"}');
            else if (dice < 0.9) response.socket!.destroy();
            else {
              response.writeHead(200, { "content-length": "100" });
              response.write('{"status":"SUCCESS"');
              setTimeout(() => response.socket?.destroy(), 2);
            }
          },
        },
        port === undefined ? {} : { port },
      );
      return app;
    };
    const { port } = await start();
    opened.push({ close: () => app!.close() });
    const setting = await openSetting({
      port,
      app: { health: { path: "/healthz", intervalMs: 20, timeoutMs: 15, threshold: 2 }, maxConcurrency: 8 },
      declared: [declared("a", { deadLetterTopic: seed === 1 ? undefined : "dead" })],
      block: { drainMs: 50 },
    });
    opened.push(setting);
    const faults = setInterval(() => {
      setting.broker.failure.publish = random() < 0.3 ? new Error("no dead letters now") : undefined;
    }, 3);
    const over = new AbortController();
    const restarts = (async () => {
      while (!over.signal.aborted) {
        await new Promise((resolve) => setTimeout(resolve, 60));
        await app!.close();
        await new Promise((resolve) => setTimeout(resolve, 30));
        await start(port);
      }
    })();
    await pump(setting, "a");
    over.abort();
    clearInterval(faults);
    await restarts;
    expectNothingLost(setting, handled);
  });

  test("over gRPC: failures, statuses, restarts", async () => {
    const random = seeded(seed);
    const handled = new Set<string>();
    let app: GrpcApp | undefined;
    const start = async (port = 0): Promise<GrpcApp> =>
      (app = await startGrpcApp(
        {
          health: () => undefined,
          topicEvent({ id }) {
            const dice = random();
            if (dice < 0.2) throw new Error("boom");
            if (dice < 0.35) return { status: 1 };
            handled.add(id);
            return { status: 0 };
          },
        },
        port,
      ));
    const { port } = await start();
    opened.push({ close: () => app!.close() });
    const setting = await openSetting({
      port,
      app: { protocol: "grpc", health: { path: "", intervalMs: 20, timeoutMs: 15, threshold: 2 } },
      declared: [declared("a")],
      block: { drainMs: 50 },
    });
    opened.push(setting);
    const over = new AbortController();
    const restarts = (async () => {
      while (!over.signal.aborted) {
        await new Promise((resolve) => setTimeout(resolve, 60));
        await app!.close();
        await start(port);
      }
    })();
    await pump(setting, "a");
    over.abort();
    await restarts;
    expectNothingLost(setting, handled);
  });

  test("in batches: statuses, entries without one, broken connections, a dead letter topic that fails at times", async () => {
    const random = seeded(seed);
    const handled = new Set<string>();
    const app = await startHttpApp({
      "GET /dapr/subscribe": answer(404),
      "POST /a": (request, response) => {
        const { entries } = JSON.parse(request.body.toString()) as {
          entries: { entryId: string; event: { id: string } }[];
        };
        if (random() < 0.1) return void response.socket!.destroy();
        const statuses = entries.flatMap(({ entryId, event: { id } }) => {
          const dice = random();
          if (dice < 0.1) return [];
          if (dice < 0.2) return [{ entryId, status: "DROP" }];
          if (dice < 0.3) return [{ entryId, status: "RETRY" }];
          handled.add(id);
          return [{ entryId, status: "SUCCESS" }];
        });
        response.end(JSON.stringify({ statuses }));
      },
    });
    opened.push(app);
    const setting = await openSetting({
      port: app.port,
      declared: [
        declared("a", {
          deadLetterTopic: "dead",
          bulkSubscribe: { enabled: true, maxMessagesCount: 5, maxAwaitDurationMs: 5 },
        }),
      ],
    });
    opened.push(setting);
    const faults = setInterval(() => {
      setting.broker.failure.publish = random() < 0.3 ? new Error("no dead letters now") : undefined;
    }, 3);
    await pump(setting, "a");
    clearInterval(faults);
    expect(app.seen.length).toBeLessThan(messages);
    expectNothingLost(setting, handled);
  });

  test("over streams: statuses, answers that never come, streams that end, break and come again", async () => {
    const random = seeded(seed);
    const handled = new Set<string>();
    const host = await openStreamingHost({ drainMs: 50 });
    opened.push(host);
    const over = new AbortController();
    let streams = 0;
    /** Serves until the dice end its stream. */
    const serve = async (stream: AppStream): Promise<void> => {
      for (;;) {
        const { id } = await nextEvent(stream);
        const dice = random();
        if (dice < 0.05) return stream.cancel();
        if (dice < 0.1) return stream.end();
        if (dice < 0.15) {
          handled.add(id);
          return stream.cancel();
        }
        if (dice >= 0.35) handled.add(id);
        await stream.answer(id, dice < 0.25 ? retry : dice < 0.35 ? drop : success);
      }
    };
    const app = (async () => {
      while (!over.signal.aborted) {
        const stream = await openAppStream(host.grpc, { deadLetterTopic: "dead" });
        streams++;
        await serve(stream);
      }
    })();
    await pump(host, "a");
    over.abort();
    await host.block.shutdown(1000);
    await app.catch(() => undefined);
    expect(streams).toBeGreaterThan(10);
    expectNothingLost(host, handled);
  });
});
