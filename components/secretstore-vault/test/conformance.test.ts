import { conform } from "@trilby/conformance/vitest";
import { describeService } from "@trilby/services/vitest";
import { beforeAll } from "vitest";
import definition from "../src/index.ts";
import { vaultApi } from "./vault-api.ts";

const secrets = { conftestsecret: { conftestsecret: "abcd" }, secondsecret: { user: "u", password: "p" } };

describeService("vault", { storage: "file", killable: true }, (vault) => {
  beforeAll(async () => {
    const api = vaultApi(vault);
    for (const [name, data] of Object.entries(secrets)) await api.write(`secret/data/dapr/${name}`, { data });
  });

  conform(definition, {
    package: new URL("..", import.meta.url),
    properties: { vaultAddr: vault.url, vaultToken: vault.token },
    facts: { secrets },
    backend: vault,
  });
});
