import type { ConnectionOptions } from "node:tls";
import type { Call } from "@trilby/kit";
import { createSender, type VaultAnswer, type VaultRequest } from "./sender.ts";

export interface VaultClient {
  /** As given, for messages. */
  readonly address: string;
  /** `path` is below /v1/ and already escaped. Resolves with any status; rejects when Vault cannot be reached. */
  send(method: string, path: string, token: string, call?: Call): Promise<VaultAnswer>;
  close(): void;
}

/** node-vault composes the requests; how they are sent is sender.ts. */
export async function createVaultClient(address: string, tls: ConnectionOptions): Promise<VaultClient> {
  const { default: nodeVault } = await import("node-vault");
  const sender = createSender(address, tls);
  const vault = nodeVault({
    endpoint: address,
    debug: silent,
    "request-promise": {
      defaults: () => async (request: VaultRequest & { readonly answered: (answer: VaultAnswer) => void }) => {
        const answer = await sender.send(request);
        request.answered(answer);
        return { statusCode: answer.status, body: answer.body, request: { path: request.uri } };
      },
    },
  });
  // node-vault reads these from the environment, where Dapr's component does not look.
  Object.assign(vault, { token: "", namespace: "", pathPrefix: "" });

  return {
    address,
    async send(method, path, token, call) {
      let answer: VaultAnswer | undefined;
      const headers = { "X-Vault-Token": token, "X-Vault-Request": "true" };
      const answered = (each: VaultAnswer): void => {
        answer = each;
      };
      try {
        await vault.request({ path: `/${path}`, method, headers, call, answered });
      } catch (error) {
        // node-vault also rejects an answer with another status than 200; that is for the caller to judge.
        if (answer === undefined) throw error;
      }
      if (answer === undefined) throw new Error("node-vault sent no request");
      return answer;
    },
    close: sender.close,
  };
}

/** node-vault's own debug lines name paths and bodies. */
function silent(): void {}
