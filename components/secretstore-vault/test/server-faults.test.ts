import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openComponent } from "@trilby/kit";
import { describeService } from "@trilby/services/vitest";
import { afterAll, beforeAll, expect, test } from "vitest";
import definition from "../src/index.ts";
import { vaultApi } from "./vault-api.ts";

const ask = (name: string) => ({ name, metadata: {} });

describeService("vault", { storage: "file", killable: true }, (vault) => {
  const properties = { vaultAddr: vault.url, vaultToken: vault.token };

  test("a sealed server says so, and serves again when it is unsealed", async () => {
    await vaultApi(vault).write("secret/data/dapr/a", { data: { a: "b" } });
    const { instance, close } = await openComponent(definition, { name: "vault", properties });
    expect(await instance.get(ask("a"))).toEqual({ a: "b" });

    await vault.seal();
    const sealed = { code: "unavailable", message: expect.stringContaining("is sealed; unseal it") };
    await expect(instance.get(ask("a"))).rejects.toMatchObject(sealed);
    await expect(instance.bulkGet({})).rejects.toMatchObject(sealed);
    await expect(instance.ping!()).rejects.toMatchObject(sealed);
    await expect(openComponent(definition, { name: "vault", properties })).rejects.toMatchObject(sealed);

    await vault.unseal();
    expect(await instance.get(ask("a"))).toEqual({ a: "b" });
    await instance.ping!();
    await close();
  });

  test("a server that is gone is unavailable, and serves again when it is back", async () => {
    const { instance, close } = await openComponent(definition, { name: "vault", properties });
    await instance.ping!();
    await vault.kill();
    await expect(instance.get(ask("a"))).rejects.toMatchObject({ code: "unavailable" });
    await vault.restart();
    expect(await instance.get(ask("a"))).toEqual({ a: "b" });
    await close();
  });

  test("a server that hangs is given up when the caller gives up", async () => {
    const { instance, close } = await openComponent(definition, { name: "vault", properties });
    await vault.pause();
    try {
      await expect(instance.get(ask("a"), { signal: AbortSignal.timeout(200) })).rejects.toMatchObject({
        code: "cancelled",
      });
    } finally {
      await vault.resume();
    }
    await close();
  });
});

describeService("vault", { storage: "file", tls: "server" }, (vault) => {
  const properties = { vaultAddr: vault.url, vaultToken: vault.token };
  const open = async (extra: Record<string, string>) => {
    const component = await openComponent(definition, { name: "vault", properties: { ...properties, ...extra } });
    await component.instance.ping!();
    await component.close();
  };
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "trilby-vault-tls-"));
    await mkdir(join(folder, "ca", "nested"), { recursive: true });
    await writeFile(join(folder, "ca", "nested", "authority.pem"), vault.certificates!.ca);
    await writeFile(join(folder, "authority.pem"), vault.certificates!.ca);
    await writeFile(join(folder, "nonsense.pem"), "no certificate");
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("is trusted by text, file, folder, or not looked at", async () => {
    await open({ caPem: vault.certificates!.ca });
    await open({ caCert: join(folder, "authority.pem") });
    await open({ caPath: join(folder, "ca") });
    await open({ skipVerify: "true" });
    await open({ caCert: join(folder, "authority.pem"), tlsServerName: "localhost" });
  });

  test("the first given goes", async () => {
    await open({ caPem: vault.certificates!.ca, caCert: join(folder, "nonsense.pem") });
  });

  test("is not trusted otherwise, and the error names the way out", async () => {
    await expect(open({})).rejects.toThrow(/give the authority's certificate by caPem, caPath or caCert/);
    await expect(open({ caCert: join(folder, "authority.pem"), tlsServerName: "elsewhere.example" })).rejects.toThrow(
      /tlsServerName/,
    );
    await expect(open({ caCert: join(folder, "nonsense.pem") })).rejects.toThrow(
      /nonsense.pem is not a certificate in PEM form/,
    );
    await expect(open({ caPem: "x" })).rejects.toThrow(/caPem is not a certificate/);
    await expect(open({ caPath: join(folder, "none") })).rejects.toThrow(/caPath .*none cannot be read/);
  });
});
