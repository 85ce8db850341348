import { createCipheriv, randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { createEncryption } from "../../../src/blocks/state/encryption.ts";
import { stateMethods } from "../../../src/blocks/state/grpc.ts";
import { stateRoutes } from "../../../src/blocks/state/http.ts";
import { createStateStores } from "../../../src/blocks/state/stores.ts";
import { noMetrics } from "../../../src/observability/prometheus/no-metrics.ts";
import { openApis, type OpenApis } from "../../api/open-apis.ts";
import { rpc } from "../../api/rpc.ts";
import { testRegistry, type TestRegistry } from "../../api/test-registry.ts";
import { testStore, type TestStore } from "./test-store.ts";

const newKey = { name: "new-key", hex: "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff" };
const oldKey = { name: "old-key", hex: "ffeeddccbbaa99887766554433221100" };
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

/** As another runtime writes it, made here from the description of the format alone. */
function writtenElsewhere(value: string, key: { name: string; hex: string }): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv(
    key.hex.length === 32 ? "aes-128-gcm" : "aes-256-gcm",
    Buffer.from(key.hex, "hex"),
    nonce,
  );
  const sealed = Buffer.concat([nonce, cipher.update(value), cipher.final(), cipher.getAuthTag()]);
  return Buffer.from(`${sealed.toString("base64")}||${key.name}`);
}

describe("the format", () => {
  const encryption = createEncryption("store", newKey, oldKey);

  test("carries the key's name behind the sealed value, which never repeats", () => {
    const stored = text(encryption.encrypt(Buffer.from("value")));
    expect(stored).toMatch(/^[A-Za-z0-9+/]+={0,2}\|\|new-key$/);
    expect(Buffer.from(stored.split("||")[0]!, "base64")).toHaveLength(12 + 5 + 16);
    expect(text(encryption.encrypt(Buffer.from("value")))).not.toBe(stored);
    expect(text(encryption.decrypt(Buffer.from(stored)))).toBe("value");
  });

  test("reads what others wrote, with either key", () => {
    expect(text(encryption.decrypt(writtenElsewhere("new", newKey)))).toBe("new");
    expect(text(encryption.decrypt(writtenElsewhere("old", oldKey)))).toBe("old");
  });

  test("thousands of nonces differ", () => {
    const nonces = new Set(
      Array.from({ length: 5000 }, () =>
        Buffer.from(text(encryption.encrypt(Buffer.from("v"))), "base64")
          .subarray(0, 12)
          .toString("hex"),
      ),
    );
    expect(nonces.size).toBe(5000);
  });

  test.each([
    ["plain text", "could not decrypt data for state store store: encryption key name not found on record"],
    ["abc||", "could not decrypt data for state store store: encryption key name not found on record"],
    [
      "abc||other",
      "could not decrypt data for state store store: it was encrypted with the key other, which is neither the primary nor the secondary one",
    ],
    ["YWJj||new-key", "could not decrypt data for state store store: the record is too short"],
    [
      `${Buffer.alloc(40).toString("base64")}||new-key`,
      "could not decrypt data for state store store: message authentication failed",
    ],
  ])("refuses %s", (stored, message) => {
    expect(() => encryption.decrypt(Buffer.from(stored))).toThrow(message);
  });

  test.each(["", "0011", "zz112233445566778899aabbccddeeff"])("takes no key like %j, and does not show it", (hex) => {
    const wrong = (): unknown => createEncryption("store", { name: "k", hex }, undefined);
    expect(wrong).toThrow("state store store: the encryption key in secret k must be 32, 48 or 64 hexadecimal digits");
  });
});

describe("a store with a key", () => {
  let apis: OpenApis;
  let registry: TestRegistry;
  let store: TestStore;
  beforeEach(async () => {
    registry = testRegistry();
    const stores = createStateStores({ registry, metrics: noMetrics, appId: "app", namespace: undefined });
    apis = await openApis({ blocks: [{ http: stateRoutes(stores, "app"), grpc: stateMethods(stores) }] });
    store = testStore();
    store.query = async () => ({ items: [] });
    await registry.load("state", "store", store, {
      features: ["TRANSACTIONAL", "QUERY_API"],
      properties: new Map([
        ["primaryencryptionkey", newKey.hex],
        ["secondaryencryptionkey", oldKey.hex],
      ]),
      secretNames: new Map([
        ["primaryencryptionkey", newKey.name],
        ["secondaryencryptionkey", oldKey.name],
      ]),
    });
  });
  afterEach(() => apis.close());

  // Over HTTP, Dapr encrypts the text of a value rather than its JSON.
  test.each([
    ['"value1"', "value1"],
    ['"<a>\\n"', "<a>\n"],
    ["true", "true"],
    ["null", "<nil>"],
    ["1.5", "1.5"],
    ["-0", "-0"],
    ["1000000", "1e+06"],
    ["123456789", "1.23456789e+08"],
    ["999999", "999999"],
    ["0.00001", "1e-05"],
    ["0.0001", "0.0001"],
    ['{"b":1,"a":"x"}', '{"a":"x","b":1}'],
    ["[1, 2]", "[1,2]"],
  ])("saves %s and gives %s", async (value, given) => {
    expect(await apis.http("POST", "/v1.0/state/store", { body: `[{"key":"k","value":${value}}]` })).toMatchObject({
      status: 204,
    });
    expect(text(store.items.get("app||k")!.data)).toMatch(/\|\|new-key$/);
    expect(await apis.http("GET", "/v1.0/state/store/k")).toMatchObject({ status: 200, body: given });
  });

  test("keeps bytes over gRPC, in transactions too", async () => {
    const item = {
      key: "k",
      value: new Uint8Array(Buffer.from('{"b": 1}')),
      etag: undefined,
      metadata: {},
      options: undefined,
    };
    const get = () => rpc(apis.grpc, "getState", { storeName: "store", key: "k", consistency: 0, metadata: {} });
    await rpc(apis.grpc, "saveState", { storeName: "store", states: [item] });
    expect(text((await get()).data)).toBe('{"b": 1}');
    await rpc(apis.grpc, "executeStateTransaction", {
      storeName: "store",
      operations: [{ operationType: "upsert", request: { ...item, value: new Uint8Array([1, 2]) } }],
      metadata: {},
    });
    expect((await get()).data).toEqual(new Uint8Array([1, 2]));
  });

  test("encrypts in transactions over HTTP", async () => {
    await apis.http("POST", "/v1.0/state/store/transaction", {
      body: '{"operations":[{"operation":"upsert","request":{"key":"k","value":"v"}}]}',
    });
    expect(await apis.http("GET", "/v1.0/state/store/k")).toMatchObject({ status: 200, body: "v" });
  });

  test("tells what cannot be decrypted, item by item in a bulk", async () => {
    store.items.set("app||good", { data: writtenElsewhere('"v"', oldKey), etag: "1" });
    store.items.set("app||bad", { data: Buffer.from("plain"), etag: "2" });
    const problem = "could not decrypt data for state store store: encryption key name not found on record";
    expect(await apis.http("GET", "/v1.0/state/store/bad")).toMatchObject({
      status: 500,
      body: `{"errorCode":"ERR_STATE_GET","message":"fail to get bad from state store store: ${problem}"}`,
    });
    expect((await apis.http("POST", "/v1.0/state/store/bulk", { body: '{"keys":["good","bad","none"]}' })).body).toBe(
      `[{"key":"good","data":"v","etag":"1"},{"key":"bad","etag":"2","error":"${problem}"},{"key":"none"}]\n`,
    );
  });

  test("cannot be queried", async () => {
    const { body } = await apis.http("POST", "/v1.0-alpha1/state/store/query", { body: "{}" });
    expect(JSON.parse(body)).toMatchObject({
      errorCode: "ERR_STATE_QUERY",
      message: "state store store query failed: cannot query encrypted store",
    });
  });

  test("must have got it from a secret", async () => {
    await expect(
      registry.load("state", "other", testStore(), { properties: new Map([["primaryencryptionkey", newKey.hex]]) }),
    ).rejects.toThrow("state store other: primaryEncryptionKey must be given by a secretKeyRef");
  });
});
