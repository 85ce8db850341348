import type { SecretStore } from "@trilby/kit";
import { RpcCode } from "@trilby/kit/transport";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { createSecretsBlock } from "../../src/blocks/secrets/create-secrets-block.ts";
import { createScopes } from "../../src/blocks/secrets/scopes.ts";
import { noMetrics } from "../../src/observability/prometheus/no-metrics.ts";
import { openApis, type OpenApis } from "../api/open-apis.ts";
import { failureOf, rpc } from "../api/rpc.ts";
import { testRegistry, type TestRegistry } from "../api/test-registry.ts";

let apis: OpenApis;
let registry: TestRegistry;
const asked: unknown[] = [];

const vault: SecretStore = {
  async get(request) {
    asked.push(request);
    if (request.name === "broken") throw new Error("no <connection>");
    return request.name === "db" ? { user: "u", password: "p<" } : { [request.name]: "v" };
  },
  async bulkGet(metadata) {
    asked.push(metadata);
    return { zeta: { zeta: "z" }, db: { user: "u", password: "p" }, denied: { denied: "d" } };
  },
  async close() {},
};

beforeEach(async () => {
  asked.length = 0;
  registry = testRegistry();
  const scopes = [
    { storeName: "vault", defaultAccess: "allow" as const, allowedSecrets: [], deniedSecrets: ["denied"] },
  ];
  apis = await openApis({ blocks: [createSecretsBlock({ registry, metrics: noMetrics, scopes })] });
  await registry.load("secretstores", "vault", vault);
});
afterEach(() => apis.close());

describe("over HTTP", () => {
  test("a secret is an object with sorted keys", async () => {
    const answer = await apis.http("GET", "/v1.0/secrets/vault/db?metadata.version_id=3");
    expect(answer).toMatchObject({ status: 200, body: '{"password":"p\\u003c","user":"u"}\n' });
    expect(answer.headers["content-type"]).toBe("application/json");
    expect(asked).toMatchObject([{ name: "db", metadata: { version_id: "3" } }]);
  });

  test("all secrets come without the denied ones", async () => {
    expect(await apis.http("GET", "/v1.0/secrets/vault/bulk")).toMatchObject({
      status: 200,
      body: '{"db":{"password":"p","user":"u"},"zeta":{"zeta":"z"}}\n',
    });
  });

  test.each([
    [
      "/v1.0/secrets/vault/denied",
      403,
      "ERR_PERMISSION_DENIED",
      'access denied by policy to get \\"denied\\" from \\"vault\\"',
    ],
    ["/v1.0/secrets/other/db", 401, "ERR_SECRET_STORE_NOT_FOUND", "failed finding secret store with key other"],
    ["/v1.0/secrets/other/bulk", 401, "ERR_SECRET_STORE_NOT_FOUND", "failed finding secret store with key other"],
    [
      "/v1.0/secrets/vault/broken",
      500,
      "ERR_SECRET_GET",
      "failed getting secret with key broken from secret store vault: no \\u003cconnection\\u003e",
    ],
  ])("%s is %i", async (path, status, code, message) => {
    expect(await apis.http("GET", path)).toMatchObject({
      status,
      body: `{"errorCode":"${code}","message":"${message}"}`,
    });
  });

  test("a denied secret is not even asked for", async () => {
    await apis.http("GET", "/v1.0/secrets/vault/denied");
    expect(asked).toEqual([]);
  });

  test("without any store", async () => {
    await registry.unload("secretstores", "vault");
    expect(await apis.http("GET", "/v1.0/secrets/vault/db")).toMatchObject({
      status: 500,
      body: '{"errorCode":"ERR_SECRET_STORES_NOT_CONFIGURED","message":"secret store is not configured"}',
    });
  });
});

describe("over gRPC", () => {
  const get = (storeName: string, key: string) => rpc(apis.grpc, "getSecret", { storeName, key, metadata: {} });

  test("one and all", async () => {
    expect(await get("vault", "db")).toEqual({ data: { user: "u", password: "p<" } });
    expect(await rpc(apis.grpc, "getBulkSecret", { storeName: "vault", metadata: { a: "b" } })).toEqual({
      data: { zeta: { secrets: { zeta: "z" } }, db: { secrets: { user: "u", password: "p" } } },
    });
    expect(asked.at(-1)).toMatchObject({ a: "b" });
  });

  test("errors", async () => {
    expect(await failureOf(get("vault", "denied"))).toEqual({
      code: RpcCode.PERMISSION_DENIED,
      message: 'access denied by policy to get "denied" from "vault"',
      details: [],
    });
    expect(await failureOf(get("other", "x"))).toEqual({
      code: RpcCode.INVALID_ARGUMENT,
      message: "failed finding secret store with key other",
      details: [],
    });
    expect(await failureOf(get("vault", "broken"))).toEqual({
      code: RpcCode.INTERNAL,
      message: "failed getting secret with key broken from secret store vault: no <connection>",
      details: [],
    });
    await registry.unload("secretstores", "vault");
    expect(await failureOf(get("vault", "db"))).toEqual({
      code: RpcCode.FAILED_PRECONDITION,
      message: "secret store is not configured",
      details: [],
    });
  });
});

describe("scopes", () => {
  const scope = (defaultAccess: "allow" | "deny", allowedSecrets: string[], deniedSecrets: string[]) => [
    { storeName: "s", defaultAccess, allowedSecrets, deniedSecrets },
  ];

  test.each([
    ["nothing said", [], "x", true],
    ["allow by default", scope("allow", [], []), "x", true],
    ["deny by default", scope("deny", [], []), "x", false],
    ["an allow list alone decides: in it", scope("deny", ["x"], ["x"]), "x", true],
    ["an allow list alone decides: not in it", scope("allow", ["y"], []), "x", false],
    ["a deny list: in it", scope("allow", [], ["x"]), "x", false],
    ["a deny list: not in it", scope("allow", [], ["y"]), "x", true],
    ["a deny list and deny by default", scope("deny", [], ["y"]), "x", false],
  ])("%s", (_, scopes, secret, allowed) => {
    expect(createScopes(scopes)("s", secret)).toBe(allowed);
    expect(createScopes(scopes)("other", secret)).toBe(true);
  });
});
