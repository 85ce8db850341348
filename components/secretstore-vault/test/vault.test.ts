import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openComponent, type Logger } from "@trilby/kit";
import { describeService } from "@trilby/services/vitest";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import definition from "../src/index.ts";
import { vaultApi } from "./vault-api.ts";

const readAll = 'path "secret/data/dapr/*" { capabilities = ["read"] }';
const ask = (name: string, metadata: Record<string, string> = {}) => ({ name, metadata });
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "trilby-vault-"));
});
afterAll(() => rm(folder, { recursive: true }));

describeService("vault", (vault) => {
  const api = vaultApi(vault);
  const opened: { close(): Promise<void> }[] = [];
  afterAll(() => Promise.all(opened.map((component) => component.close())));

  async function open(properties: Record<string, string> = {}, logger?: Logger) {
    const all = {
      vaultAddr: vault.url,
      ...("vaultTokenMountPath" in properties ? {} : { vaultToken: vault.token }),
      ...properties,
    };
    const component = await openComponent(definition, { name: "vault", properties: all, ...(logger && { logger }) });
    opened.push(component);
    return component;
  }

  beforeAll(async () => {
    await api.write("secret/data/dapr/conftestsecret", { data: { conftestsecret: "abcd" } });
    await api.write("secret/data/dapr/many", { data: { user: "u", password: "p" } });
    await api.write("secret/data/dapr/team/deep/one", { data: { key: "value" } });
    await api.write("secret/data/dapr/team", { data: { also: "a secret" } });
    await api.write("secret/data/rootsecret", { data: { at: "the root" } });
    for (const version of ["1", "2", "3"]) await api.write("secret/data/dapr/versioned", { data: { version } });
  });

  describe("version 2 of the engine", () => {
    test("a secret is a map", async () => {
      const { instance, features } = await open();
      expect(features).toEqual(["MULTIPLE_KEY_VALUES_PER_SECRET"]);
      expect(await instance.get(ask("conftestsecret"))).toEqual({ conftestsecret: "abcd" });
      expect(await instance.get(ask("many"))).toEqual({ user: "u", password: "p" });
      expect(await instance.get(ask("team/deep/one"))).toEqual({ key: "value" });
      await instance.ping!();
    });

    test("versions", async () => {
      const { instance } = await open();
      const versionOf = async (metadata?: Record<string, string>) =>
        (await instance.get(ask("versioned", metadata)))["version"];
      expect([
        await versionOf(),
        await versionOf({ version_id: "0" }),
        await versionOf({ version_id: "2" }),
        await versionOf({ version_id: "" }),
      ]).toEqual(["3", "3", "2", "3"]);
      await expect(versionOf({ version_id: "9" })).rejects.toMatchObject({
        code: "not-found",
        message: "secret versioned does not exist in Vault in version 9",
      });
      for (const version_id of ["-1", "x", "1&list=true"])
        await expect(versionOf({ version_id })).rejects.toMatchObject({ code: "invalid-argument" });
    });

    test("a deleted secret is not found, and neither is one that never was", async () => {
      await api.write("secret/data/dapr/gone", { data: { a: "b" } });
      await api.remove("secret/data/dapr/gone");
      const { instance } = await open();
      for (const name of ["gone", "never", "team/deep", "rootsecret"]) {
        await expect(instance.get(ask(name)), name).rejects.toMatchObject({ code: "not-found" });
      }
    });

    test("all secrets below the prefix, folders and all", async () => {
      const { instance } = await open();
      const all = await instance.bulkGet({});
      expect(all).toMatchObject({
        conftestsecret: { conftestsecret: "abcd" },
        many: { user: "u" },
        "team/deep/one": { key: "value" },
        team: { also: "a secret" },
        versioned: { version: "3" },
      });
      expect(all).not.toHaveProperty("rootsecret");
      expect(Object.keys(await instance.bulkGet({ version_id: "2" }))).toEqual(["versioned"]);
    });

    test("prefixes", async () => {
      expect(await (await open({ vaultKVUsePrefix: "false" })).instance.get(ask("rootsecret"))).toEqual({
        at: "the root",
      });
      expect(await (await open({ vaultKVUsePrefix: "false" })).instance.get(ask("dapr/many"))).toMatchObject({
        user: "u",
      });
      const team = await open({ vaultKVPrefix: "/dapr/team/" });
      expect(await team.instance.bulkGet({})).toEqual({ "deep/one": { key: "value" } });
      expect(await (await open({ vaultKVPrefix: "nothing/here" })).instance.bulkGet({})).toEqual({});
    });

    test("text values are the secret as JSON under its name", async () => {
      const { instance, features } = await open({ vaultValueType: "text" });
      expect(features).toEqual([]);
      const many = await instance.get(ask("many"));
      expect(Object.keys(many)).toEqual(["many"]);
      expect(JSON.parse(many["many"]!)).toEqual({ user: "u", password: "p" });
    });

    test("values that are no text come as JSON", async () => {
      await api.write("secret/data/dapr/odd", {
        data: { number: 5, flag: true, list: [1, { a: "b" }], nothing: null, text: "täxt\n" },
      });
      expect(await (await open()).instance.get(ask("odd"))).toEqual({
        number: "5",
        flag: "true",
        list: '[1,{"a":"b"}]',
        nothing: "null",
        text: "täxt\n",
      });
    });

    test.each(["ü & more?x=1#y", "a b", "100%", "a%2Fb", "plus+"])(
      "the name %j is a name like others",
      async (name) => {
        const escaped = encodeURIComponent(name);
        await api.write(`secret/data/dapr/${escaped}`, { data: { name } });
        const { instance } = await open();
        expect(await instance.get(ask(name))).toEqual({ name });
        expect(await instance.bulkGet({})).toHaveProperty([name], { name });
      },
    );

    test.each(["../rootsecret", "a/../../rootsecret", "/many", "many/", "a//b", ".", ".."])(
      "the name %j leads nowhere",
      async (name) => {
        await expect((await open()).instance.get(ask(name))).rejects.toMatchObject({ code: "invalid-argument" });
      },
    );
  });

  describe("version 1 of the engine", () => {
    beforeAll(async () => {
      await api.write("sys/mounts/kv-one", { type: "kv", options: { version: "1" } });
      await api.write("sys/mounts/deep/mount", { type: "kv" });
      await api.write("kv-one/dapr/plain", { a: "b" });
      await api.write("kv-one/dapr/folder/nested", { c: "d" });
      await api.write("deep/mount/dapr/plain", { e: "f" });
    });

    test.each([{}, { engineVersion: "1" }])("is found out or told: %j", async (properties) => {
      const { instance } = await open({ enginePath: "kv-one", ...properties });
      expect(await instance.get(ask("plain"))).toEqual({ a: "b" });
      expect(await instance.bulkGet({})).toEqual({ plain: { a: "b" }, "folder/nested": { c: "d" } });
      expect(await instance.get(ask("plain", { version_id: "0" }))).toEqual({ a: "b" });
      await expect(instance.get(ask("none"))).rejects.toMatchObject({ code: "not-found" });
      await expect(instance.get(ask("plain", { version_id: "1" }))).rejects.toMatchObject({ code: "invalid-argument" });
    });

    test("keeps every digit of a number", async () => {
      const body = '{"number":12345678901234567890,"fraction":1.10}';
      await fetch(`${vault.url}/v1/kv-one/dapr/exact`, {
        method: "POST",
        headers: { "x-vault-token": vault.token },
        body,
      });
      const properties = { enginePath: "kv-one" };
      expect(await (await open(properties)).instance.get(ask("exact"))).toEqual({
        number: "12345678901234567890",
        fraction: "1.10",
      });
      const asText = await (await open({ ...properties, vaultValueType: "text" })).instance.get(ask("exact"));
      expect(asText).toEqual({ exact: '{"fraction":1.10,"number":12345678901234567890}' });
      await api.remove("kv-one/dapr/exact");
    });

    test("at a mount with slashes", async () => {
      expect(await (await open({ enginePath: "/deep/mount/" })).instance.get(ask("plain"))).toEqual({ e: "f" });
    });
  });

  describe("mistakes say what they are", () => {
    test.each([
      [{}, { vaultToken: "" }, /one of vaultToken and vaultTokenMountPath is required/],
      [{}, { vaultToken: "t", vaultTokenMountPath: "/x" }, /exclude each other/],
      [{}, { vaultAddr: "127.0.0.1:8200" }, /vaultAddr must begin with https/],
      [{}, { vaultValueType: "list" }, /vaultValueType must be one of map, text/],
      [{}, { vaultTokn: "t" }, /did you mean vaultToken\?/],
      [{}, { enginePath: "../sys" }, /enginePath must not step out/],
    ])("in the metadata %#", async (_, properties, message) => {
      const all: Record<string, string> = { vaultAddr: vault.url, vaultToken: vault.token, ...properties };
      const error: any = await openComponent(definition, { name: "vault", properties: all }).catch(
        (caught: unknown) => caught,
      );
      expect(error.code).toBe("invalid-metadata");
      expect(error.message).toMatch(message);
      expect(error.message).not.toContain(vault.token);
    });

    test("a token that Vault does not know", async () => {
      const error: any = await open({ vaultToken: "hvs.unknown-token-here" }).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: "unauthenticated" });
      expect(error.message).toContain("give a valid token by vaultToken");
      expect(JSON.stringify([error, error.cause, error.stack])).not.toContain("unknown-token-here");
    });

    test("an engine that is not there, or is another", async () => {
      const { instance } = await open({ enginePath: "nowhere" });
      await expect(instance.get(ask("many"))).rejects.toMatchObject({
        code: "failed-precondition",
        message: expect.stringContaining("set enginePath"),
      });
      await expect(open({ enginePath: "cubbyhole" })).rejects.toThrow("is an engine of type cubbyhole, not kv");
    });

    test("a server that is not there, or speaks otherwise", async () => {
      await expect(open({ vaultAddr: "http://127.0.0.1:9" })).rejects.toMatchObject({
        code: "unavailable",
        message: expect.stringContaining("cannot be reached"),
      });
      await expect(open({ vaultAddr: vault.url.replace("http:", "https:") })).rejects.toThrow(
        /is it http:\/\/ rather than https:\/\/\?/,
      );
    });
  });

  describe("tokens", () => {
    test("may be allowed a part alone", async () => {
      const policy =
        'path "secret/data/dapr/many" { capabilities = ["read"] } path "secret/metadata/dapr/*" { capabilities = ["list"] }';
      const { instance } = await open({ vaultToken: await api.token(policy, { no_default_policy: true }) });
      expect(await instance.get(ask("many"))).toEqual({ user: "u", password: "p" });
      await expect(instance.get(ask("conftestsecret"))).rejects.toMatchObject({ code: "permission-denied" });
      expect(await instance.bulkGet({})).toEqual({ many: { user: "u", password: "p" } });
      const blind = await open({
        vaultToken: await api.token('path "secret/data/dapr/many" { capabilities = ["read"] }', {
          no_default_policy: true,
        }),
      });
      await expect(blind.instance.bulkGet({})).rejects.toMatchObject({ code: "permission-denied" });
    });

    test("stand in a file, and are read again when another one is there", async () => {
      const file = join(folder, "token");
      const first = await api.token(readAll);
      await writeFile(file, `\n${first}\n`);
      const { instance } = await open({ vaultTokenMountPath: file });
      expect(await instance.get(ask("many"))).toMatchObject({ user: "u" });
      await api.write("auth/token/revoke", { token: first });
      await expect(instance.get(ask("many"))).rejects.toMatchObject({ code: "unauthenticated" });
      await writeFile(file, await api.token(readAll));
      expect(await instance.get(ask("many"))).toMatchObject({ user: "u" });
    });

    test("in a file that is missing or empty", async () => {
      await expect(open({ vaultTokenMountPath: join(folder, "none") })).rejects.toThrow(
        /vaultTokenMountPath .*none cannot be read/,
      );
      await writeFile(join(folder, "empty"), " \n");
      await expect(open({ vaultTokenMountPath: join(folder, "empty") })).rejects.toThrow(/is empty/);
    });

    test("that are renewable are renewed, and outlive their first time", async () => {
      const token = await api.token(readAll, { ttl: "3s", renewable: true });
      const { instance } = await open({ vaultToken: token });
      const started = Date.now();
      await vi.waitFor(() => expect(Date.now() - started).toBeGreaterThan(5000), { timeout: 10_000, interval: 500 });
      expect(await instance.get(ask("many"))).toMatchObject({ user: "u" });
    });

    test("that are not renewable are told of", async () => {
      const warnings: unknown[] = [];
      const logger: Logger = { debug() {}, info() {}, warn: (message) => void warnings.push(message), error() {} };
      await open({ vaultToken: await api.token(readAll, { ttl: "1h", renewable: false }) }, logger);
      expect(warnings).toEqual(["the Vault token is not renewable and will expire"]);
    });

    test("that reach their end are told of", async () => {
      const warnings: string[] = [];
      const logger: Logger = { debug() {}, info() {}, warn: (message) => void warnings.push(message), error() {} };
      const token = await api.token(readAll, { ttl: "2s", explicit_max_ttl: "3s", renewable: true });
      await open({ vaultToken: token }, logger);
      await vi.waitFor(
        () => expect(warnings.some((warning) => warning.includes("give a new one by vaultToken"))).toBe(true),
        { timeout: 15_000 },
      );
      expect(warnings.length).toBeGreaterThan(1);
      expect(warnings.length).toBeLessThan(6);
      expect(warnings.join()).not.toContain(token);
    });
  });

  test("a call that is cancelled ends at once", async () => {
    const { instance } = await open();
    await expect(instance.get(ask("many"), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "cancelled",
    });
  });
});
