import { connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import { setTimeout as pause } from "node:timers/promises";

import { RpcCode } from "@trilby/kit/transport";
import { afterEach, describe, expect, test } from "vitest";

import { failureOf } from "../api/rpc.ts";
import { drop, nextEvent, openAppStream, openSilentStream, retry, success } from "./app-stream.ts";
import { pubsubComponent } from "./broker.ts";
import { jsonEvent } from "./subscribed-app.ts";
import { openStreamingHost, type StreamingHost, type StreamingHostOptions } from "./streaming-host.ts";

const opened: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each.close();
});

async function openHost(options: StreamingHostOptions = {}): Promise<StreamingHost> {
  const host = await openStreamingHost(options);
  opened.push(host);
  return host;
}

/** The end of a stream that its application opened without a word. Ours sends nothing before the first message. */
function silentStream(port: number): Promise<{ code: unknown; message: unknown }> {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  const path = "/dapr.proto.runtime.v1.Dapr/SubscribeTopicEventsAlpha1";
  const request = session.request({ ":method": "POST", ":path": path, "content-type": "application/grpc" });
  return new Promise((resolve, reject) => {
    request.on("error", reject);
    const read = (headers: IncomingHttpHeaders): void => {
      if (headers["grpc-status"] === undefined) return;
      resolve({ code: headers["grpc-status"], message: decodeURIComponent(String(headers["grpc-message"])) });
      session.destroy();
    };
    request.on("response", read);
    request.on("trailers", read);
    request.resume();
  });
}

describe("an application's stream", () => {
  test("gets the events of its topic and acknowledges them, without an app port", async () => {
    const { grpc, broker, block, metrics } = await openHost();
    const stream = await openAppStream(grpc, { metadata: { consumer: "x" } });
    expect(broker.subscribed).toEqual([{ topic: "a", metadata: { consumer: "x" } }]);
    expect(block.subscriptions()).toMatchObject([
      { type: "STREAMING", pubsubName: "pubsub", topic: "a", rules: [{ match: "", path: "/" }], deadLetterTopic: "" },
    ]);

    const fate = broker.send("a", jsonEvent({ traceparent: "00-x", data: { big: 1 } }));
    const got = await nextEvent(stream);
    expect(got).toMatchObject({
      id: "1",
      source: "s",
      type: "t",
      specVersion: "1.0",
      dataContentType: "application/json",
      topic: "a",
      pubsubName: "pubsub",
      path: "/",
      extensions: { traceparent: "00-x" },
    });
    expect(Buffer.from(got.data).toString()).toBe('{"big":1}');
    expect(broker.fates).toEqual([undefined]);
    await stream.answer("1");
    expect(await fate).toBe("acknowledged");
    expect(metrics.records).toContain("ingress pubsub a success");

    stream.end();
    expect(await stream.next()).toBe("end");
    expect(broker.open.size).toBe(0);
    expect(block.subscriptions()).toEqual([]);
  });

  test("takes several events at a time, and answers in any order", async () => {
    const { grpc, broker } = await openHost();
    const stream = await openAppStream(grpc, {});
    const fates = ["1", "2", "3"].map((id) => broker.send("a", jsonEvent({ id })));
    const ids = [await nextEvent(stream), await nextEvent(stream), await nextEvent(stream)].map(({ id }) => id);
    expect(ids).toEqual(["1", "2", "3"]);
    await stream.answer("3");
    await stream.answer("1", retry);
    expect(await fates[2]).toBe("acknowledged");
    expect(await fates[0]).toMatchObject({ refused: expect.stringContaining("RETRY status returned") });
    expect(broker.fates[1]).toBeUndefined();
    await stream.answer("2");
    expect(await fates[1]).toBe("acknowledged");
  });

  test("sees two events of one id one after the other, so that each answer has its event", async () => {
    const { grpc, broker } = await openHost();
    const stream = await openAppStream(grpc, {});
    const first = broker.send("a", jsonEvent({ data: 1 }));
    const second = broker.send("a", jsonEvent({ data: 2 }));
    expect(Buffer.from((await nextEvent(stream)).data).toString()).toBe("1");
    await stream.answer("1", retry);
    expect(await first).toMatchObject({ refused: expect.any(String) });
    expect(Buffer.from((await nextEvent(stream)).data).toString()).toBe("2");
    expect(broker.fates[1]).toBeUndefined();
    await stream.answer("1", success);
    expect(await second).toBe("acknowledged");
  });

  test("uses the short topic where the broker's has the namespace", async () => {
    const { grpc, broker } = await openHost({ component: { namespaced: true } });
    const stream = await openAppStream(grpc, {});
    const fate = broker.send("prod-a", jsonEvent());
    expect((await nextEvent(stream)).topic).toBe("a");
    await stream.answer("1");
    expect(await fate).toBe("acknowledged");
  });

  test("gets raw bytes when it asks for them", async () => {
    const { grpc, broker } = await openHost();
    const stream = await openAppStream(grpc, { metadata: { rawPayload: "true" } });
    const fate = broker.send("a", Buffer.from([0, 255]));
    const { id, data, dataContentType } = await nextEvent(stream);
    expect([...data]).toEqual([0, 255]);
    expect(dataContentType).toBe("application/octet-stream");
    await stream.answer(id);
    expect(await fate).toBe("acknowledged");
  });

  test("may answer what nobody asked", async () => {
    const { grpc, broker, log } = await openHost();
    const stream = await openAppStream(grpc, {});
    await stream.answer("nothing");
    const fate = broker.send("a", jsonEvent());
    await nextEvent(stream);
    await stream.say({ $case: "eventProcessed", value: { id: "1", status: undefined } });
    expect(await fate).toBe("acknowledged");
    await stream.answer("1", retry);
    stream.end();
    expect(await stream.next()).toBe("end");
    expect(log.lines.filter(({ level }) => level === "warn").map(({ message }) => message)).toEqual([
      expect.stringContaining("waits for no answer: nothing"),
      expect.stringContaining("waits for no answer: 1"),
    ]);
  });
});

describe.each([
  [success, "acknowledged", "acknowledged"],
  [retry, "refused", "dead"],
  [drop, "acknowledged", "dead"],
  [7, "refused", "dead"],
])("the answer %i", (status, plainly, withDeadLetter) => {
  test(`${plainly}; with a dead letter topic: ${withDeadLetter}`, async () => {
    const { grpc, broker } = await openHost();
    const plain = await openAppStream(grpc, {});
    const fate = broker.send("a", jsonEvent());
    await nextEvent(plain);
    await plain.answer("1", status);
    expect(await fate).toEqual(plainly === "refused" ? { refused: expect.any(String) } : plainly);
    expect(broker.published).toEqual([]);

    const buried = await openAppStream(grpc, { topic: "b", deadLetterTopic: "dead" });
    const second = broker.send("b", jsonEvent());
    await nextEvent(buried);
    await buried.answer("1", status);
    expect(await second).toBe("acknowledged");
    expect(broker.published.map(({ topic }) => topic)).toEqual(withDeadLetter === "dead" ? ["dead"] : []);
  });
});

describe("a stream that cannot be served ends with", () => {
  test("what is wrong with its first message", async () => {
    const { grpc } = await openHost();
    const value = { pubsubName: "pubsub", topic: "a", metadata: {} };
    const firsts = [
      [{ ...value, pubsubName: "" }, RpcCode.UNKNOWN, "pubsubName is required"],
      [{ ...value, topic: "" }, RpcCode.UNKNOWN, "topic is required"],
      [{ ...value, pubsubName: "notexist" }, RpcCode.INVALID_ARGUMENT, "pubsub notexist is not found"],
      [
        { ...value, metadata: { rawPayload: "maybe" } },
        RpcCode.UNKNOWN,
        "failed to create subscription for pubsub: rawPayload value must be a valid boolean: actual is 'maybe'",
      ],
    ] as const;
    for (const [initial, code, message] of firsts) {
      const failure = await failureOf(openAppStream(grpc, initial));
      expect(failure).toMatchObject({ code, message });
      if (code === RpcCode.INVALID_ARGUMENT)
        expect(failure.details).toMatchObject([{ ErrorInfo: { reason: "DAPR_PUBSUB_NOT_FOUND", domain: "dapr.io" } }]);
    }
    const answering = openSilentStream(grpc);
    await answering.answer("1");
    expect(await failureOf(answering.next())).toMatchObject({ message: "initial request is required" });
    const silent = openSilentStream(grpc);
    silent.end();
    expect(await failureOf(silent.next())).toMatchObject({ message: "initial request is required" });
  });

  test("a second beginning", async () => {
    const { grpc, broker } = await openHost();
    const stream = await openAppStream(grpc, {});
    await stream.say({ $case: "initialRequest", value: { pubsubName: "pubsub", topic: "a", metadata: {} } });
    expect(await failureOf(stream.next())).toMatchObject({
      code: RpcCode.UNKNOWN,
      message: "duplicate initial request received",
    });
    expect(broker.open.size).toBe(0);
  });

  test("the component's scopes", async () => {
    const { grpc, broker } = await openHost({ component: { properties: { subscriptionscopes: "app1=b" } } });
    expect(await failureOf(openAppStream(grpc, {}))).toMatchObject({
      code: RpcCode.UNKNOWN,
      message: "failed to create subscription for pubsub: subscription to topic 'a' on pubsub 'pubsub' is not allowed",
    });
    await openAppStream(grpc, { topic: "b" });
    expect(broker.subscribed).toMatchObject([{ topic: "b" }]);
  });

  test("why the broker refuses it, at once; the application may come again", async () => {
    const { grpc, broker, block } = await openHost();
    broker.failure.subscribe = () => new Error("no such queue");
    expect(await failureOf(openAppStream(grpc, {}))).toMatchObject({
      code: RpcCode.UNKNOWN,
      message: "failed to create subscription for pubsub: failed to subscribe to topic a: no such queue",
    });
    expect(block.subscriptions()).toEqual([]);
    broker.failure.subscribe = undefined;
    await openAppStream(grpc, {});
    expect(broker.open).toEqual(new Set(["a"]));
  });
});

describe("what the application has not answered stays with the broker", () => {
  test.each(["ends", "cancels"] as const)("when it %s its stream", async (how) => {
    const { grpc, broker, block } = await openHost();
    const stream = await openAppStream(grpc, { deadLetterTopic: "dead" });
    const answered = broker.send("a", jsonEvent());
    const open = broker.send("a", jsonEvent({ id: "2" }));
    await nextEvent(stream);
    await nextEvent(stream);
    await stream.answer("1");
    if (how === "ends") stream.end();
    else {
      expect(await answered).toBe("acknowledged");
      stream.cancel();
    }
    expect(await answered).toBe("acknowledged");
    expect(await open).toBe("kept");
    expect(broker.published).toEqual([]);
    await expect.poll(() => block.subscriptions()).toEqual([]);

    const again = await openAppStream(grpc, {});
    const fate = broker.send("a", jsonEvent({ id: "2" }));
    await nextEvent(again);
    await again.answer("2");
    expect(await fate).toBe("acknowledged");
  });

  test("when its connection breaks in the middle", async () => {
    const { broker, grpc, block } = await openHost();
    const stream = await openAppStream(grpc, {});
    const fate = broker.send("a", jsonEvent());
    await nextEvent(stream);
    grpc.close();
    expect(await fate).toBe("kept");
    await expect.poll(() => block.subscriptions()).toEqual([]);
  });

  test("while it does not read, which holds the broker back", async () => {
    const { grpc, broker } = await openHost();
    const stream = await openAppStream(grpc, {});
    const data = "x".repeat(100_000);
    const fates = Array.from({ length: 60 }, (_, index) => broker.send("a", jsonEvent({ id: String(index), data })));
    await pause(50);
    expect(broker.fates.every((fate) => fate === undefined)).toBe(true);
    for (const _ of fates) await stream.answer((await nextEvent(stream)).id);
    expect(new Set(await Promise.all(fates))).toEqual(new Set(["acknowledged"]));
  });
});

test("an event that is larger than the stream carries is refused, or a dead letter; the stream goes on", async () => {
  const { grpc, broker } = await openHost();
  const stream = await openAppStream(grpc, {});
  const buried = await openAppStream(grpc, { topic: "b", deadLetterTopic: "dead" });
  const data = "x".repeat(4 * 1024 * 1024 - 30);
  expect(await broker.send("a", jsonEvent({ data }))).toEqual({
    refused: expect.stringContaining("raise --max-body-size"),
  });
  expect(await broker.send("b", jsonEvent({ data }))).toBe("acknowledged");
  expect(broker.published.map(({ topic }) => topic)).toEqual(["dead"]);
  for (const [topic, each] of [
    ["a", stream],
    ["b", buried],
  ] as const) {
    const fate = broker.send(topic, jsonEvent());
    await nextEvent(each);
    await each.answer("1");
    expect(await fate).toBe("acknowledged");
  }
});

describe("when the host stops", () => {
  test("what is there may be answered, nothing new comes, then the stream ends", async () => {
    const { grpc, grpcPort, broker, block } = await openHost();
    const silent = silentStream(grpcPort);
    const stream = await openAppStream(grpc, {});
    const fate = broker.send("a", jsonEvent());
    await nextEvent(stream);
    let late: Promise<unknown> | undefined;
    broker.onClose = async (deliver) => {
      late = deliver({ topic: "a", data: Buffer.from(JSON.stringify(jsonEvent({ id: "late" }))), metadata: {} }).catch(
        (error: { code: string }) => error.code,
      );
    };
    const stopped = block.shutdown(5000);
    await pause(20);
    expect(await late).toBe("cancelled");
    expect(broker.paused).toBe(true);
    await stream.answer("1");
    expect(await fate).toBe("acknowledged");
    expect(await failureOf(stream.next())).toMatchObject({ code: RpcCode.UNKNOWN, message: "stream closed" });
    expect(await silent).toEqual({ code: String(RpcCode.UNKNOWN), message: "stream closed" });
    await stopped;
    expect(await failureOf(openAppStream(grpc, {}))).toMatchObject({
      code: RpcCode.UNAVAILABLE,
      message: "subscriber is closed",
    });
  });

  test("an application that never answers is cut off in time, and has acknowledged nothing", async () => {
    const { grpc, broker, block } = await openHost();
    const stream = await openAppStream(grpc, { deadLetterTopic: "dead" });
    const fate = broker.send("a", jsonEvent());
    await nextEvent(stream);
    const startedAt = performance.now();
    await block.shutdown(200);
    expect(performance.now() - startedAt).toBeLessThan(1000);
    expect(await fate).toBe("kept");
    expect(broker.published).toEqual([]);
    expect(await failureOf(stream.next())).toMatchObject({ message: "stream closed" });
  });
});

test("a component that goes ends its streams alone", async () => {
  const { grpc, registry, broker } = await openHost();
  await registry.add(pubsubComponent("other", broker));
  const stream = await openAppStream(grpc, {});
  const other = await openAppStream(grpc, { pubsubName: "other", topic: "b" });
  await registry.remove("pubsub");
  expect(await failureOf(stream.next())).toMatchObject({ message: "stream closed" });
  const fate = broker.send("b", jsonEvent());
  await nextEvent(other);
  await other.answer("1");
  expect(await fate).toBe("acknowledged");
});

test("an application that is unhealthy keeps its streams", async () => {
  const { grpc, broker, block } = await openHost();
  const stream = await openAppStream(grpc, {});
  await block.stop();
  const fate = broker.send("a", jsonEvent());
  await nextEvent(stream);
  await stream.answer("1");
  expect(await fate).toBe("acknowledged");
});
