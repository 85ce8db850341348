import assert from "node:assert/strict";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, test } from "vitest";

import { component, createTrilbyd, type Trilbyd } from "./trilbyd.ts";

// What a client can send wrong: each is answered with what is wrong, and what was there before stays as it was.

let host: Trilbyd;

beforeAll(async () => {
  host = await createTrilbyd({
    resources: {
      "clock.yaml": component("clock", "bindings.cron", { schedule: "@every 1h", direction: "input" }),
      "events.yaml": component("events", "pubsub.in-memory"),
      "secrets.yaml": component("secrets", "secretstores.local.env"),
      "store.yaml": component("store", "state.sqlite", { connectionString: ":memory:" }),
    },
  });
  await host.start();
  await call("POST", "/v1.0/state/store", `[{"key":"kept","value":"as it was"}]`);
});

afterAll(() => host.stop());

const store = "/v1.0/state/store";
const fiveMegabytes = "x".repeat(5 * 1024 * 1024);
const item = (members: string): string => `[{"key":"kept","value":"changed",${members}}]`;

type Case = readonly [
  name: string,
  request: readonly [string, string, (string | Uint8Array)?],
  status: number,
  says: RegExp,
];

const refused: readonly Case[] = [
  ["JSON that breaks off", ["POST", store, '[{"key":'], 400, /ERR_MALFORMED_REQUEST.*unexpected EOF/],
  ["no JSON at all", ["POST", store, "hello"], 400, /ERR_MALFORMED_REQUEST.*invalid character 'h'/],
  ["no body", ["POST", store, ""], 400, /ERR_MALFORMED_REQUEST.*EOF/],
  [
    "a control character in JSON",
    ["POST", store, '[{"key":"kept\u0001","value":1}]'],
    400,
    /invalid character '\\\\x01'/,
  ],
  [
    "JSON nested without end",
    ["POST", store, `[{"key":"kept","value":${"[".repeat(100_000)}`],
    400,
    /exceeded max depth/,
  ],
  ["an object instead of a list", ["POST", store, '{"key":"kept"}'], 400, /cannot unmarshal object/],
  ["a number as key", ["POST", store, '[{"key":1}]'], 400, /cannot unmarshal number .* SetRequest.key/],
  ["no key", ["POST", store, '[{"value":1}]'], 400, /key.* is a required field/],
  ["a number as etag", ["POST", store, item('"etag":5')], 400, /cannot unmarshal number .* SetRequest.etag/],
  ["a number as metadata", ["POST", store, item('"metadata":{"ttlInSeconds":5}')], 400, /SetRequest.metadata/],
  [
    "a word as TTL",
    ["POST", store, item('"metadata":{"ttlInSeconds":"soon"}')],
    500,
    /ttlInSeconds must be an integer.*soon/,
  ],
  ["a TTL below -1", ["POST", store, item('"metadata":{"ttlInSeconds":"-7"}')], 500, /ttlInSeconds must be from -1/],
  [
    "an unknown concurrency",
    ["POST", store, item('"options":{"concurrency":"maybe"}')],
    500,
    /concurrency model 'maybe'/,
  ],
  [
    "an unknown consistency",
    ["POST", store, item('"options":{"consistency":"maybe"}')],
    500,
    /consistency model 'maybe'/,
  ],
  ["another etag", ["POST", store, item('"etag":"999"')], 409, /ERR_STATE_SAVE.*etag mismatch/],
  ["an etag of control characters", ["POST", store, item('"etag":"\\u0000\\u001f"')], 409, /etag mismatch/],
  ["5 MB to a store", ["POST", store, `[{"key":"kept","value":"${fiveMegabytes}"}]`], 400, /stream too large/],
  ["5 MB to a topic", ["POST", "/v1.0/publish/events/topic", fiveMegabytes], 500, /stream too large/],
  ["|| in a key to save", ["POST", store, '[{"key":"a||b","value":1}]'], 400, /'a\|\|b' can't contain '\|\|'/],
  ["|| in a key to get", ["GET", `${store}/a%7C%7Cb`], 400, /'a\|\|b' can't contain '\|\|'/],
  ["|| in a key to delete", ["DELETE", `${store}/a%7C%7Cb`], 400, /'a\|\|b' can't contain '\|\|'/],
  ["|| in a key among many", ["POST", `${store}/bulk`, '{"keys":["kept","a||b"]}'], 400, /'a\|\|b' can't contain/],
  [
    "|| in a key of a transaction",
    ["POST", `${store}/transaction`, transaction('"key":"kept","value":1', '"key":"a||b","value":1')],
    400,
    /'a\|\|b' can't contain/,
  ],
  [
    "a transaction of another kind",
    ["POST", `${store}/transaction`, '{"operations":[{"operation":"steal"}]}'],
    400,
    /steal not supported/,
  ],
  [
    "a transaction that is no list",
    ["POST", `${store}/transaction`, '{"operations":"all"}'],
    400,
    /cannot unmarshal string/,
  ],
  [
    "a transaction whose second etag is another",
    ["POST", `${store}/transaction`, transaction('"key":"kept","value":1', '"key":"kept","value":2,"etag":"999"')],
    500,
    /ERR_STATE_TRANSACTION.*etag mismatch/,
  ],
  ["keys that are no list", ["POST", `${store}/bulk`, '{"keys":5}'], 400, /BulkGetRequest.keys/],
  [
    "a parallelism of one and a half",
    ["POST", `${store}/bulk`, '{"keys":[],"parallelism":1.5}'],
    400,
    /parallelism of type int/,
  ],
  [
    "an unknown store",
    ["GET", "/v1.0/state/stor/kept"],
    400,
    /ERR_STATE_STORE_NOT_FOUND.*state store stor is not found/,
  ],
  ["a store with a line break in its name", ["GET", "/v1.0/state/st%0d%0aore/kept"], 400, /ERR_STATE_STORE_NOT_FOUND/],
  ["a path that cannot be unescaped", ["GET", `${store}/%zz`], 400, /Bad Request/],
  ["an unknown pub/sub", ["POST", "/v1.0/publish/event/topic", "{}"], 404, /pubsub event is not found/],
  ["no topic", ["POST", "/v1.0/publish/events/", "{}"], 404, /ERR_TOPIC_NAME_EMPTY/],
  [
    "rawPayload maybe",
    ["POST", "/v1.0/publish/events/topic?metadata.rawPayload=maybe", "{}"],
    400,
    /valid boolean.*maybe/,
  ],
  ["a bulk that is no list", ["POST", "/v1.0-alpha1/publish/bulk/events/topic", "{}"], 400, /ERR_PUBSUB_EVENTS_SER/],
  [
    "an unknown binding",
    ["POST", "/v1.0/bindings/bell", '{"operation":"ring"}'],
    500,
    /couldn't find output binding bell/,
  ],
  [
    "an input binding asked to act",
    ["POST", "/v1.0/bindings/clock", '{"operation":"ring"}'],
    500,
    /output binding clock/,
  ],
  ["a binding's JSON that breaks off", ["POST", "/v1.0/bindings/clock", '{"operation"'], 400, /unexpected EOF/],
  ["an unknown secret store", ["GET", "/v1.0/secrets/secret/name"], 401, /ERR_SECRET_STORE_NOT_FOUND/],
  ["no API of that name", ["GET", "/v1.0/nothing"], 404, /errorCode/],
];

describe("refused, and says why", () => {
  test.each(refused)("%s", async (_name, [method, path, body], status, says) => {
    const answer = await call(method, path, body);
    assert.equal(answer.status, status, answer.text);
    assert.match(answer.text, says);
    assert.equal((await call("GET", `${store}/kept`)).text, '"as it was"');
  });
});

const keys: readonly (readonly [name: string, key: string])[] = [
  ["another script, emoji and a mark that turns the text around", "ключ 🔑 \u202e"],
  ["control characters", "a\u0000b\n\u001b[31m"],
  ["a slash, a percent sign and a question mark", "a/b%2Fc?d#e"],
  ["names that every object has", "__proto__"],
  ["100,000 characters", "k".repeat(100_000)],
];

describe("taken as any other key", () => {
  test.each(keys)("%s", async (_name, key) => {
    const value = { text: `of ${key}` };
    assert.equal((await call("POST", store, JSON.stringify([{ key, value }]))).status, 204);
    const answer = await call("POST", `${store}/bulk`, JSON.stringify({ keys: [key] }));
    const [found] = JSON.parse(answer.text) as { key: string; data: unknown }[];
    assert.deepEqual([found?.key, found?.data], [key, value]);
    if (key.length > 1000) return;
    assert.deepEqual(JSON.parse((await call("GET", `${store}/${encodeURIComponent(key)}`)).text), value);
  });
});

const bytes: readonly (readonly [name: string, bytes: string | Uint8Array, says: RegExp])[] = [
  ["bytes that are no HTTP", new Uint8Array([0, 1, 2, 3, 255, 254, 10, 10]), /^HTTP\/1.1 400/],
  ["a header of 20 kB", `GET / HTTP/1.1\r\nhost: x\r\na: ${"a".repeat(20_000)}\r\n\r\n`, /^HTTP\/1.1 431/],
  ["3,000 headers", `GET / HTTP/1.1\r\nhost: x\r\n${"a: b\r\n".repeat(3000)}\r\n`, /^HTTP\/1.1 431/],
  [
    "a body that breaks off",
    "POST /v1.0/state/store HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\n\r\n[{",
    /^HTTP\/1.1 400/,
  ],
  [
    "two lengths for one body",
    "POST /v1.0/state/store HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    /^HTTP\/1.1 400/,
  ],
  ["control characters in the path", "GET /v1.0/state/store/\u0001 HTTP/1.1\r\nhost: x\r\n\r\n", /^HTTP\/1.1 400/],
  ["no host", "GET /v1.0/healthz HTTP/1.1\r\n\r\n", /^HTTP\/1.1 400/],
  ["a tunnel", "CONNECT example.com:80 HTTP/1.1\r\nhost: x\r\n\r\n", /^HTTP\/1.1 501/],
  ["HTTP/2 that ends after its preface", `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${"junk".repeat(50)}`, /SETTINGS expected/],
];

describe("no request at all", () => {
  test.each(bytes)("%s", async (_name, sent, says) => {
    assert.match(await exchange(sent), says);
    assert.equal((await call("GET", `${store}/kept`)).text, '"as it was"');
  });
});

test("after all of it the same process runs, and has nothing to say", () => {
  assert.notEqual(host.pid, undefined);
  assert.deepEqual(
    host.output.filter((line) => /level=(error|fatal)|unexpectedly|nobody caught/.test(line)),
    [],
  );
});

function transaction(...requests: string[]): string {
  const operations = requests.map((request) => `{"operation":"upsert","request":{${request}}}`);
  return `{"operations":[${operations.join()}]}`;
}

async function call(
  method: string,
  path: string,
  body?: string | Uint8Array,
): Promise<{ status: number; text: string }> {
  const response = await fetch(`${host.url}${path}`, {
    method,
    headers: { "content-type": "application/json" },
    ...(body !== undefined && { body: typeof body === "string" ? body : Buffer.from(body) }),
  });
  return { status: response.status, text: await response.text() };
}

/** Sends, ends its half of the connection, and resolves to what came until the host closed its own. */
function exchange(sent: string | Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: host.httpPort, host: "127.0.0.1" });
    let received = "";
    socket.setEncoding("latin1");
    socket.on("data", (part: string) => (received += part));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "ECONNRESET" && error.code !== "EPIPE") reject(error);
    });
    socket.on("close", () => resolve(received));
    socket.end(sent);
  });
}
