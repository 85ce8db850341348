import assert from "node:assert/strict";
import type { OutgoingHttpHeaders } from "node:http2";
import { afterAll, beforeAll, describe, test } from "vitest";

import { field, frame, type GrpcAnswer, openGrpcClient } from "./grpc-frames.ts";
import { component, createTrilbyd, type Trilbyd } from "./trilbyd.ts";

// What a gRPC client can send wrong, down to the bytes: each call ends with what is wrong, and the process serves on.

let host: Trilbyd;

beforeAll(async () => {
  host = await createTrilbyd({
    resources: {
      "events.yaml": component("events", "pubsub.in-memory"),
      "store.yaml": component("store", "state.sqlite", { connectionString: ":memory:" }),
    },
  });
  await host.start();
  assert.equal((await call(["SaveState", save("kept", '"as it was"')])).status, "0");
});

afterAll(() => host.stop());

const empty = Buffer.alloc(0);
const join = (...parts: Uint8Array[]): Buffer => Buffer.concat(parts);
const get = (key: string, store = "store"): Buffer => frame(join(field(1, store), field(2, key)));
const item = (key: string, value: string, more: Uint8Array = empty): Buffer =>
  join(field(1, key), field(2, value), more);
const save = (key: string, value: string, more: Uint8Array = empty): Buffer =>
  frame(join(field(1, "store"), field(2, item(key, value, more))));
const transaction = (kind: string, key: string): Buffer =>
  frame(join(field(1, "store"), field(2, join(field(1, kind), field(2, item(key, "1"))))));

type Sent = readonly [method: string, bytes: Uint8Array, headers?: OutgoingHttpHeaders];

const refused: readonly (readonly [name: string, sent: Sent, status: string, says: RegExp])[] = [
  ["an unknown store", ["GetState", get("kept", "stor")], "3", /state store stor is not found/],
  ["|| in a key to get", ["GetState", get("a||b")], "3", /'a\|\|b' can't contain '\|\|'/],
  ["|| in a key to save", ["SaveState", save("a||b", "1")], "3", /'a\|\|b' can't contain '\|\|'/],
  ["|| in a key of a transaction", ["ExecuteStateTransaction", transaction("upsert", "a||b")], "3", /can't contain/],
  ["another etag", ["SaveState", save("kept", "1", field(3, field(1, "999")))], "10", /etag mismatch/],
  [
    "a transaction of another kind",
    ["ExecuteStateTransaction", transaction("steal", "kept")],
    "12",
    /steal not supported/,
  ],
  ["5 MB", ["SaveState", save("kept", "x".repeat(5 * 1024 * 1024))], "8", /larger than max/],
  [
    "an unknown pub/sub",
    ["PublishEvent", frame(join(field(1, "event"), field(2, "topic")))],
    "3",
    /pubsub event is not found/,
  ],
  ["no topic", ["PublishEvent", frame(field(1, "events"))], "3", /topic is empty in pubsub events/],
  ["bytes that are no message", ["GetState", frame(Buffer.alloc(11, 255))], "13", /error unmarshalling request/],
  ["a field that breaks off", ["GetState", frame(Buffer.from([0x0a, 50, 65]))], "13", /error unmarshalling request/],
  ["no message", ["GetState", empty], "13", /got none/],
  ["two messages", ["GetState", join(get("kept"), get("kept"))], "13", /got more/],
  ["a frame that breaks off", ["GetState", Buffer.from([0, 0, 0, 0, 100, 1, 2, 3])], "13", /got none|end is missing/],
  ["a frame of 4 GB", ["GetState", Buffer.from([0, 255, 255, 255, 255, 1, 2, 3])], "8", /larger than max/],
  [
    "a compression that it is not",
    ["GetState", frame(Buffer.from("no"), 1), { "grpc-encoding": "gzip" }],
    "13",
    /decompress/,
  ],
  [
    "an unknown compression",
    ["GetState", frame(Buffer.from("no"), 1), { "grpc-encoding": "snappy" }],
    "12",
    /"snappy"/,
  ],
  ["a deadline that is none", ["GetState", get("kept"), { "grpc-timeout": "soon" }], "13", /grpc-timeout/],
  ["an unknown method", ["GetStatt", get("kept")], "2", /dapr-app-id not found/],
  ["an unknown service", ["", get("kept"), { ":path": "/no.such.Service/Method" }], "2", /dapr-app-id not found/],
];

describe("refused, and says why", () => {
  test.each(refused)("%s", async (_name, sent, status, says) => {
    const answer = await call(sent);
    assert.equal(answer.status, status, answer.message);
    assert.match(answer.message, says);
    assert.match((await call(["GetState", get("kept")])).data.toString(), /"as it was"/);
  });
});

test("what is no gRPC is told so in HTTP's words", async () => {
  assert.equal((await call(["GetState", get("kept"), { "content-type": "application/json" }])).httpStatus, 415);
});

test("after all of it the same process runs, and has nothing to say", () => {
  assert.notEqual(host.pid, undefined);
  assert.deepEqual(
    host.output.filter((line) => /level=(error|fatal)/.test(line)),
    [],
  );
});

async function call([method, bytes, headers]: Sent): Promise<GrpcAnswer> {
  const client = await openGrpcClient(host.grpcPort);
  try {
    return await client.call(method, bytes, headers);
  } finally {
    client.close();
  }
}
