import { setTimeout as delay } from "node:timers/promises";
import { connect, type Channel } from "@trilby/kit/transport";
import {
  DaprDefinition,
  SubscribeTopicEventsRequestAlpha1,
  SubscribeTopicEventsResponseAlpha1,
} from "@trilby/proto/runtime";

import type { CountingApp } from "./counting-app.ts";
import { createTally } from "./tally.ts";

const againMs = 50;

/** One that has no port: it opens a stream to the host, and another one whenever that ends. */
export async function startStreamingApp(
  refusedOf: number,
  { grpcPort, pubsubName, topic }: { grpcPort: number; pubsubName: string; topic: string },
): Promise<CountingApp> {
  const tally = createTally(refusedOf);
  const { name } = DaprDefinition.methods.subscribeTopicEventsAlpha1;
  const path = `/${DaprDefinition.fullName}/${name}`;
  const serve = async (through: Channel): Promise<void> => {
    const stream = through.stream(path);
    const say = (request: SubscribeTopicEventsRequestAlpha1["subscribeTopicEventsRequestType"]): Promise<void> =>
      stream.send(SubscribeTopicEventsRequestAlpha1.encode({ subscribeTopicEventsRequestType: request }).finish());
    await say({
      $case: "initialRequest",
      value: { pubsubName, topic, metadata: {} },
    });
    for await (const bytes of stream.messages) {
      const { subscribeTopicEventsResponseType: response } = SubscribeTopicEventsResponseAlpha1.decode(bytes);
      if (response?.$case !== "eventMessage") continue;
      const { id, data } = response.value;
      const { number } = JSON.parse(Buffer.from(data).toString()) as { number: number };
      const status = tally.take(number) ? 0 : 1;
      await say({ $case: "eventProcessed", value: { id, status: { status } } });
    }
  };

  let leave = (): void => {};
  const app: CountingApp = {
    tally,
    crash: () => leave(),
    async restart() {
      const mine = await connect({ host: "127.0.0.1", port: grpcPort });
      const isOver = new AbortController();
      leave = () => {
        isOver.abort();
        mine.close();
      };
      void (async () => {
        while (!isOver.signal.aborted) {
          await serve(mine).catch(() => undefined);
          await delay(againMs);
        }
      })();
    },
    close: async () => leave(),
  };
  await app.restart();
  return app;
}
