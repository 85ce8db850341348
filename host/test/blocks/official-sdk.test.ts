import { createServer, type AddressInfo } from "node:net";

import {
  CommunicationProtocolEnum,
  DaprClient,
  LogLevel,
  DaprPubSubStatusEnum,
  DaprServer,
  type DaprInvokerCallbackContent,
} from "@dapr/dapr";
import { defineBinding, definePubSub } from "@trilby/kit";
import { afterEach, describe, expect, test } from "vitest";

import { parseFlags } from "../../src/options/flag-values.ts";
import { readHostOptions } from "../../src/options/host-options.ts";
import { createRuntime } from "../../src/runtime.ts";
import { recordingLog } from "../app/recorders.ts";
import { createBroker } from "./broker.ts";
import { createLink } from "./links.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** A port that was free a moment ago: the SDK's server takes none of its own choice. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe.each([
  ["http", CommunicationProtocolEnum.HTTP],
  ["grpc", CommunicationProtocolEnum.GRPC],
] as const)("an application on the official SDK over %s", (protocol, communicationProtocol) => {
  const broker = createBroker();
  const link = createLink();
  const components = [
    {
      name: "pubsub",
      definition: definePubSub({
        type: "pubsub.test",
        version: "v1",
        status: "development-only",
        title: "Test",
        description: "In a test.",
        placement: "in-process",
        features: [],
        metadata: {},
        open: () => Promise.resolve(broker.pubsub),
      }),
    },
    {
      name: "link",
      definition: defineBinding({
        type: "bindings.test",
        version: "v1",
        status: "development-only",
        title: "Test",
        description: "In a test.",
        placement: "in-process",
        metadata: {},
        binding: {
          input: true,
          output: true,
          operations: [
            { name: "create", description: "" },
            { name: "get", description: "" },
          ],
        },
        open: () => Promise.resolve(link.binding),
      }),
    },
  ];

  test("publishes, gets messages, invokes bindings and gets their events", async () => {
    const appPort = await freePort();
    const { options } = readHostOptions(
      parseFlags([
        "--app-id=shop",
        `--app-port=${appPort}`,
        `--app-protocol=${protocol}`,
        "--dapr-http-port=0",
        "--dapr-grpc-port=0",
        "--enable-metrics=false",
        "--dapr-listen-addresses=127.0.0.1",
      ]),
      {},
    );
    const runtime = createRuntime(options, { log: recordingLog(), components, environment: {} });
    closing.push(() => runtime.stop());
    await runtime.start();
    const [address] = runtime.addresses[protocol];
    const daprPort = String((address as { port: number }).port);
    const sdk = { daprHost: "127.0.0.1", daprPort, communicationProtocol, logger: { level: LogLevel.Error } };

    const got: unknown[] = [];
    const server = new DaprServer({
      serverHost: "127.0.0.1",
      serverPort: String(appPort),
      communicationProtocol,
      clientOptions: sdk,
    });
    await server.pubsub.subscribe("pubsub", "orders", async (data: unknown) => void got.push(data));
    // The SDK answers SUCCESS for a handler that throws: an application that wants a message again must say so.
    await server.pubsub.subscribe("pubsub", "again", async () => DaprPubSubStatusEnum.RETRY);
    await server.pubsub.subscribe("pubsub", "never", async () => DaprPubSubStatusEnum.DROP);
    await server.binding.receive("link", async (data: DaprInvokerCallbackContent) => void got.push(["event", data]));
    await server.start();
    closing.push(() => server.stop());
    await runtime.ready;
    expect([...broker.open].toSorted()).toEqual(["again", "never", "orders"]);

    const client = new DaprClient(sdk);
    closing.push(() => client.stop());
    expect(await client.pubsub.publish("pubsub", "orders", { id: 1, name: "é" })).toEqual({});
    expect(await client.pubsub.publishBulk("pubsub", "orders", ["one", { two: 2 }])).toEqual({ failedMessages: [] });
    expect(broker.published).toHaveLength(3);
    for (const { data } of broker.published) expect(await broker.send("orders", data)).toBe("acknowledged");
    expect(got).toEqual([{ id: 1, name: "é" }, "one", { two: 2 }]);
    expect(await broker.send("again", broker.published[0]!.data)).toHaveProperty("refused");
    expect(await broker.send("never", broker.published[0]!.data)).toBe("acknowledged");

    link.answer = () => ({ data: Buffer.from('{"rows":2}') });
    const answer = await client.binding.send("link", "create", { k: "v" }, { meta: "1" });
    expect(Buffer.from(link.invoked[0]!.data).toString()).toBe('{"k":"v"}');
    expect(link.invoked[0]).toMatchObject({ operation: "create", metadata: { meta: "1" } });
    expect(answer).toMatchObject(
      protocol === "http" ? { rows: 2 } : { data: new Uint8Array(Buffer.from('{"rows":2}')) },
    );
    expect(await link.send({ tick: 1 })).toHaveProperty("answered");
    expect(got.at(-1)).toMatchObject(["event", { tick: 1 }]);
  });
});
