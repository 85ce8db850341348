import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "@trilby/interop-judging";
import { startService } from "@trilby/services";
import type { Component } from "../daemon.ts";
import { loadHttp } from "../load.ts";
import { httpRequest } from "../requests.ts";
import type { Group, Measure, Row } from "../row.ts";
import { openSubject, subjectNames } from "../subjects.ts";
import type { World } from "../world.ts";

const stores: readonly { id: string; where: string; component(world: World): Promise<Component> }[] = [
  { id: "file", where: "local file", component: fileStore },
  {
    id: "vault",
    where: "Vault",
    async component(world) {
      const { url, token } = await vault(world);
      const metadata = { vaultAddr: url, vaultToken: token };
      return { name: "secrets", type: "secretstores.hashicorp.vault", metadata, package: "secretstore-vault" };
    },
  },
];

export const secrets: Group = {
  title: "Secrets",
  rows: stores.map(({ id, where, component }): Row => ({
    id: `secret-${id}-http-64`,
    title: `HTTP secret, ${where}, 64 in flight`,
    about: "GET of one secret.",
    baseline: subjectNames.builtin,
    subjects: Object.fromEntries(
      (["builtin", "inProcess", "child"] as const).map((key): [string, Measure] => [
        subjectNames[key],
        async (world, round) => {
          const subject = await world.once(`secret ${id} ${key}`, async () =>
            openSubject(key, { components: [await component(world)] }),
          );
          const requests = [httpRequest("GET", "/v1.0/secrets/secrets/password")];
          return loadHttp(
            { address: subject.http, connections: 64, requests, expect: [200] },
            subject.watched(),
            round,
          );
        },
      ]),
    ),
  })),
};

/** A store that reads one secret, `password`, from a file. */
export async function fileStore(world: World): Promise<Component> {
  const { secretsFile } = await world.once("secrets file", () => {
    const folder = temporaryFolder();
    const file = join(folder.path, "secrets.json");
    writeFileSync(file, '{"password":"none"}');
    return Promise.resolve({ secretsFile: file, close: () => folder.remove() });
  });
  const metadata = { secretsFile };
  return { name: "secrets", type: "secretstores.local.file", metadata, package: "secretstore-local-file" };
}

function vault(world: World) {
  return world.once("vault", async () => {
    const service = await startService("vault");
    const response = await fetch(`${service.url}/v1/secret/data/dapr/password`, {
      method: "POST",
      headers: { "x-vault-token": service.token },
      body: JSON.stringify({ data: { password: "none" } }),
    });
    if (!response.ok) throw new Error(`Vault answers ${response.status}: ${await response.text()}`);
    return { url: service.url, token: service.token, close: () => service.stop() };
  });
}
