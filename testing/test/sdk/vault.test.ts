import { describeService } from "@trilby/services/vitest";
import assert from "node:assert/strict";
import { beforeAll } from "vitest";

import { secretsPart } from "./secrets-part.ts";
import { judge } from "./world.ts";

const secrets = { greeting: { greeting: "hello" }, database: { user: "u", password: "p" } };

describeService("vault", (vault) => {
  beforeAll(async () => {
    for (const [name, data] of Object.entries(secrets)) {
      const written = await fetch(`${vault.url}/v1/secret/data/dapr/${name}`, {
        method: "POST",
        headers: { "x-vault-token": vault.token },
        body: JSON.stringify({ data }),
      });
      assert.equal(written.status, 200);
    }
  });
  judge(
    [
      {
        name: "vault",
        type: "secretstores.hashicorp.vault",
        package: "secretstore-vault",
        properties: { vaultAddr: vault.url, vaultToken: vault.token },
      },
    ],
    [secretsPart("vault", secrets, /never/)],
  );
});
