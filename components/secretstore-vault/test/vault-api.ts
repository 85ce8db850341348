import type { VaultService } from "@trilby/services";

/** Vault as its operator sees it. */
export interface VaultApi {
  write(path: string, body: unknown, method?: string): Promise<any>;
  remove(path: string): Promise<void>;
  /** A token with this policy; HCL. */
  token(policy: string, settings?: object): Promise<string>;
}

let policies = 0;

export function vaultApi(vault: VaultService): VaultApi {
  async function send(method: string, path: string, body?: unknown): Promise<any> {
    const answer = await fetch(`${vault.url}/v1/${path}`, {
      method,
      headers: { "x-vault-token": vault.token },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }
  return {
    write: (path, body, method = "POST") => send(method, path, body),
    remove: (path) => send("DELETE", path),
    async token(policy, settings = {}) {
      const name = `test-${policies++}`;
      await send("PUT", `sys/policies/acl/${name}`, { policy });
      const { auth } = await send("POST", "auth/token/create", { policies: [name], ...settings });
      return auth.client_token;
    },
  };
}
