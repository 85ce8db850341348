import { ComponentError, type OpenContext, type SecretStore } from "@trilby/kit";
import { createStore } from "./store.ts";
import { lifeOf, Token } from "./token.ts";
import { trustedCertificates, type TlsChoices } from "./trusted-certificates.ts";
import { createVaultClient, type VaultClient } from "./vault-client.ts";
import { vaultError } from "./vault-errors.ts";

export interface VaultOptions extends TlsChoices {
  readonly vaultAddr: string;
  readonly vaultToken: string | undefined;
  readonly vaultTokenMountPath: string | undefined;
  readonly vaultKVPrefix: string;
  readonly vaultKVUsePrefix: boolean;
  readonly enginePath: string;
  readonly engineVersion: "auto" | "1" | "2";
  readonly vaultValueType: "map" | "text";
}

/** Asks Vault about the token and the engine before anything else does, so that a mistake shows at the start. */
export async function openVaultStore(
  options: VaultOptions,
  { logger, signal, name }: OpenContext,
): Promise<SecretStore> {
  const address = options.vaultAddr || "https://127.0.0.1:8200";
  if (options.skipVerify)
    logger.warn(`component "${name}" does not check Vault's certificate (skipVerify): for development only`);
  const vault = await createVaultClient(
    address,
    address.startsWith("https:") ? await trustedCertificates(options) : {},
  );
  let token: Token | undefined;
  try {
    token = await Token.open(options.vaultToken, options.vaultTokenMountPath, vault, logger);
    await checkToken(vault, token, signal);
    const engine = options.enginePath || "secret";
    const version =
      options.engineVersion === "auto" ? await engineVersion(vault, token, engine, signal) : options.engineVersion;
    const prefix = options.vaultKVUsePrefix ? options.vaultKVPrefix || "dapr" : "";
    return createStore({ vault, token, engine, version, prefix, valueType: options.vaultValueType });
  } catch (error) {
    token?.close();
    vault.close();
    throw error;
  }
}

async function checkToken(vault: VaultClient, token: Token, signal: AbortSignal): Promise<void> {
  const answer = await vault.send("GET", "auth/token/lookup-self", token.value, { signal });
  if (answer.status === 200) {
    token.expect(lifeOf(answer.body));
    return;
  }
  const error = vaultError(vault.address, "use the token", answer);
  // A policy may forbid a token to look at itself: then it works as it is, and is not renewed.
  if (error.code !== "permission-denied") throw error;
}

async function engineVersion(
  vault: VaultClient,
  token: Token,
  engine: string,
  signal: AbortSignal,
): Promise<"1" | "2"> {
  const path = `sys/internal/ui/mounts/${engine.split("/").map(encodeURIComponent).join("/")}`;
  const answer = await vault.send("GET", path, token.value, { signal });
  if (answer.status !== 200) {
    const error = vaultError(vault.address, `ask about the engine ${engine}`, answer);
    if (error.code === "permission-denied" || error.code === "not-found") return "2";
    throw error;
  }
  const { data } = answer.body as {
    readonly data?: { readonly type?: string; readonly options?: { readonly version?: string } | null };
  };
  if (data?.type !== undefined && data.type !== "kv" && data.type !== "generic") {
    throw new ComponentError("failed-precondition", `enginePath ${engine} is an engine of type ${data.type}, not kv`);
  }
  return data?.options?.version === "2" ? "2" : "1";
}
