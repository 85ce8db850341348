import { BulkGetResponse, GetRequest, GetResponse, MultiMaxSizeResponse, SetRequest } from "@trilby/proto/components";
import { encodeMessage } from "@trilby/proto/encode";
import { ConversationRequestAlpha2, GetStateRequest, TopicEventRequest } from "@trilby/proto/runtime";
import { ErrorInfo, Status } from "@trilby/proto/rpc";
import { expect, test } from "vitest";

const response = GetResponse.create({
  data: new TextEncoder().encode("value"),
  etag: { value: "1" },
  metadata: { ttlExpireTime: "soon" },
});

test("bytes are views of what was decoded, and Buffers when it was one", () => {
  const wire = Buffer.from(GetResponse.encode(response).finish());
  const { data } = GetResponse.decode(wire);
  expect(data).toBeInstanceOf(Buffer);
  expect(data.buffer).toBe(wire.buffer);
  expect(data).toEqual(Buffer.from("value"));
});

test("create fills in what is left out", () => {
  expect(SetRequest.create({ key: "k" })).toEqual({
    key: "k",
    value: new Uint8Array(0),
    etag: undefined,
    metadata: {},
    options: undefined,
    contentType: "",
  });
});

test("a field of a later version is passed over", () => {
  const wire = Buffer.concat([
    GetRequest.encode(GetRequest.create({ key: "k" })).finish(),
    Buffer.of(0xfa, 0x3f, 3, 1, 2, 3),
  ]);
  expect(GetRequest.decode(wire).key).toBe("k");
});

test("an integer beyond what a number holds fails instead of changing", () => {
  // prompt_cache_retention (11), a Duration of 2^63 - 1 seconds
  const wire = Buffer.from([0x5a, 10, 0x08, ...Array<number>(8).fill(0xff), 0x7f]);
  expect(() => ConversationRequestAlpha2.decode(wire)).toThrow(/MAX_SAFE_INTEGER/);
});

test("the largest transaction size there is arrives whole", () => {
  const message = { maxSize: "9223372036854775807" };
  expect(MultiMaxSizeResponse.decode(MultiMaxSizeResponse.encode(message).finish())).toEqual(message);
  expect(MultiMaxSizeResponse.encode({ maxSize: "0" }).finish()).toHaveLength(0);
});

test("what is cut short, or nested without end, fails", () => {
  const wire = GetResponse.encode(response).finish();
  for (const length of [1, 3, 9, wire.length - 1])
    expect(() => GetResponse.decode(wire.subarray(0, length)), `${length} bytes`).toThrow();
  let nested: Uint8Array = Buffer.of(0x0a, 0);
  // A list in a value in a list ...: google.protobuf.Value.list_value (6), ListValue.values (1)
  for (let depth = 0; depth < 5_001; depth++) nested = delimited(depth % 2 === 0 ? 0x32 : 0x0a, nested);
  const field = Buffer.concat([Buffer.of(0x0a, 1, 0x61), delimited(0x12, nested)]);
  expect(() => TopicEventRequest.decode(delimited(0x52, delimited(0x0a, field)))).toThrow(/recursion/);
});

test("the shared writer gives what a fresh one gives, also after a failure and after a large message", () => {
  const fresh = GetResponse.encode(response).finish();
  const first = encodeMessage(GetResponse, response);
  expect(first).toEqual(fresh);
  expect(() =>
    encodeMessage(GetStateRequest, { storeName: "half of a message", key: "k", consistency: 0.5 as 0, metadata: {} }),
  ).toThrow(/int32/);
  expect(encodeMessage(GetResponse, response)).toEqual(fresh);
  const large = { ...response, data: new Uint8Array(300_000).fill(7) };
  expect(encodeMessage(GetResponse, large)).toEqual(GetResponse.encode(large).finish());
  expect(encodeMessage(GetResponse, response)).toEqual(fresh);
  expect(first, "earlier results stay as they are").toEqual(fresh);
});

test("the shared writer gives what a fresh one gives for large bytes, wherever in a message they are", () => {
  const large = new Uint8Array(40_000).map((_, index) => index);
  const metadata = { before: "x".repeat(20_000), after: "y" };
  const item = { data: large, etag: { value: "1" }, metadata, contentType: "text/plain" };
  const bulk = BulkGetResponse.create({
    items: [
      { key: "a", ...item, error: "" },
      { key: "b", ...item, error: "" },
    ],
  });
  const whole = GetResponse.create(item);
  const status = Status.create({ code: 1, details: [{ typeUrl: "type", value: large }] });
  const event = TopicEventRequest.create({ id: "1", data: large, topic: "t", path: "/p", pubsubName: "p" });
  for (let time = 0; time < 2; time++) {
    expect(encodeMessage(GetResponse, whole)).toEqual(GetResponse.encode(whole).finish());
    expect(encodeMessage(BulkGetResponse, bulk)).toEqual(BulkGetResponse.encode(bulk).finish());
    expect(encodeMessage(Status, status)).toEqual(Status.encode(status).finish());
    expect(encodeMessage(TopicEventRequest, event)).toEqual(TopicEventRequest.encode(event).finish());
    const options = { concurrency: 0.5 as 0, consistency: 0 as const };
    expect(() => encodeMessage(SetRequest, SetRequest.create({ key: "k", value: large, options }))).toThrow(/int32/);
  }
  expect(TopicEventRequest.decode(encodeMessage(TopicEventRequest, event))).toEqual(event);
});

test("a status with a detail, as a trailer carries it", () => {
  const info = ErrorInfo.create({
    reason: "DAPR_STATE_NOT_FOUND",
    domain: "dapr.io",
    metadata: { "http.code": "400" },
  });
  const status = {
    code: 3,
    message: "no",
    details: [{ typeUrl: "type.googleapis.com/google.rpc.ErrorInfo", value: ErrorInfo.encode(info).finish() }],
  };
  const decoded = Status.decode(Status.encode(status).finish());
  expect(decoded.code).toBe(3);
  expect(ErrorInfo.decode(decoded.details[0]!.value)).toEqual(info);
});

function delimited(tag: number, payload: Uint8Array): Buffer {
  const length: number[] = [];
  for (let rest = payload.length; ; rest >>>= 7) {
    length.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest);
    if (rest <= 0x7f) break;
  }
  return Buffer.concat([Buffer.of(tag, ...length), payload]);
}

test("messages on the shared writer stay as they were, whatever their size", () => {
  const sizes = [0, 1, 50, 60, 64, 65, 100, 1_000, 4_000, 4_090, 4_096, 5_000, 16_000, 16_384, 20_000, 70_000];
  const made = Array.from({ length: 20 }, (_, round) =>
    sizes.map((size, index) =>
      GetResponse.create({ data: Buffer.alloc(size, round * 16 + index), contentType: "text" }),
    ),
  ).flat();
  const encoded = made.map((message) => encodeMessage(GetResponse, message));
  for (const [index, message] of made.entries()) {
    const alone = GetResponse.encode(message).finish();
    if (Buffer.compare(encoded[index]!, alone) !== 0) expect.fail(`message ${index}`);
  }
});
