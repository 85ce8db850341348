import assert from "node:assert/strict";
import { request as requestPlain } from "node:http";
import { request as requestTls } from "node:https";
import { test } from "vitest";
import { describeService } from "@trilby/services/vitest";
import type { VaultService } from "../src/service.ts";

describeService("vault", (vault) => {
  test("has version 2 secrets at secret/", async () => {
    assert.equal(await call(vault, "POST", "secret/data/one", { data: { word: "yes" } }), 200);
    assert.equal(await call(vault, "GET", "secret/data/one"), 200);
    assert.equal(await call(vault, "GET", "secret/data/two"), 404);
  });
});

describeService("vault", { storage: "file", tls: "server" }, (vault) => {
  test("keeps its secrets over SIGKILL", async () => {
    assert.equal(await call(vault, "POST", "secret/data/one", { data: { word: "yes" } }), 200);
    await vault.kill();
    await assert.rejects(call(vault, "GET", "secret/data/one"), /ECONNREFUSED/);
    await vault.restart();
    assert.equal(await call(vault, "GET", "secret/data/one"), 200);
  });

  test("answers 503 while sealed", async () => {
    await vault.seal();
    assert.equal(await call(vault, "GET", "secret/data/one"), 503);
    await vault.unseal();
    assert.equal(await call(vault, "GET", "secret/data/none"), 404);
  });
});

function call(vault: VaultService, method: string, path: string, body?: unknown): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { "x-vault-token": vault.token };
    const ca = vault.certificates?.ca;
    const request = ca === undefined ? requestPlain : requestTls;
    const options = { method, headers, agent: false as const, ...(ca === undefined ? {} : { ca }) };
    const outgoing = request(`${vault.url}/v1/${path}`, options, (incoming) => {
      incoming.resume();
      resolve(incoming.statusCode ?? 0);
    });
    outgoing.once("error", reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
