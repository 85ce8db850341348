import {
  ComponentError,
  forEachLimited,
  integerFrom,
  type Call,
  type Metadata,
  type Secret,
  type SecretStore,
} from "@trilby/kit";
import { textOf } from "./exact-json.ts";
import type { VaultAnswer } from "./sender.ts";
import type { Token } from "./token.ts";
import type { VaultClient } from "./vault-client.ts";
import { vaultError } from "./vault-errors.ts";

export interface StoreSettings {
  readonly vault: VaultClient;
  readonly token: Token;
  readonly engine: string;
  readonly version: "1" | "2";
  readonly prefix: string;
  readonly valueType: "map" | "text";
}

export function createStore({ vault, token, engine, version, prefix, valueType }: StoreSettings): SecretStore {
  const root = (part: "data" | "metadata"): string =>
    [engine, ...(version === "2" ? [part] : []), prefix]
      .map(escapePath)
      .filter((each) => each !== "")
      .join("/");
  const dataRoot = root("data");
  const listRoot = root("metadata");

  async function send(path: string, call: Call | undefined): Promise<VaultAnswer> {
    const answer = await vault.send("GET", path, token.value, call);
    // A token in a file may have been replaced in the meantime.
    return answer.status === 403 && (await token.reload()) ? await vault.send("GET", path, token.value, call) : answer;
  }

  async function read(name: string, secretVersion: number, call: Call | undefined): Promise<Secret> {
    const query = version === "2" ? `?version=${secretVersion}` : "";
    const answer = await send(`${dataRoot}/${escapeName(name)}${query}`, call);
    if (answer.status !== 200)
      throw missing(name, secretVersion, answer) ?? vaultError(vault.address, `read the secret ${name}`, answer);
    const { data } = (answer.body ?? {}) as { readonly data?: Record<string, unknown> | null };
    const values = version === "2" ? (data?.["data"] as Record<string, unknown> | null | undefined) : data;
    if (!values) throw new ComponentError("not-found", `secret ${name} does not exist in Vault`);
    if (valueType === "text") return { [name]: textOf(values) };
    return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, textOf(value)]));
  }

  /** Names below the prefix, also those in folders; folders that the token may not list are left out. */
  async function list(call: Call | undefined): Promise<string[]> {
    const names: string[] = [];
    let folders = [""];
    while (folders.length > 0) {
      const deeper: string[] = [];
      await forEachLimited(folders, atOnce, async (folder) => {
        const path = folder === "" ? listRoot : `${listRoot}/${folder.split("/").map(encodeURIComponent).join("/")}`;
        const answer = await send(`${path.replace(/\/$/, "")}?list=true`, call);
        if (answer.status === 404 && !saysWhy(answer)) return;
        if (answer.status === 403 && folder !== "") return;
        if (answer.status !== 200) throw vaultError(vault.address, `list the secrets of ${listRoot}`, answer);
        for (const key of keysOf(answer)) (key.endsWith("/") ? deeper : names).push(folder + key);
      });
      folders = deeper;
    }
    return names.sort();
  }

  return {
    features: valueType === "text" ? [] : ["MULTIPLE_KEY_VALUES_PER_SECRET"],

    async get({ name, metadata }, call) {
      return await read(name, askedVersion(metadata, version), call);
    },

    async bulkGet(metadata, call) {
      const secretVersion = askedVersion(metadata, version);
      const secrets: [string, Secret][] = [];
      await forEachLimited(await list(call), atOnce, async (name) => {
        try {
          secrets.push([name, await read(name, secretVersion, call)]);
        } catch (error) {
          // Deleted in the meantime, without that version, or not for this token to read.
          const expected =
            ComponentError.is(error) && (error.code === "not-found" || error.code === "permission-denied");
          if (!expected) throw error;
        }
      });
      return Object.fromEntries(secrets);
    },

    async ping(call) {
      const answer = await vault.send("GET", "sys/health?standbyok=true&perfstandbyok=true", token.value, call);
      if (answer.status !== 200) throw vaultError(vault.address, "use Vault", answer);
    },

    async close() {
      token.close();
      vault.close();
    },
  };
}

const atOnce = 8;

/** `version_id` of a request; 0 is the latest. */
function askedVersion(metadata: Metadata, engineVersion: "1" | "2"): number {
  const text = metadata["version_id"] ?? "";
  if (text === "") return 0;
  const value = integerFrom(text);
  if (value === undefined || value < 0)
    throw new ComponentError(
      "invalid-argument",
      `version_id must be a version's number, but is ${JSON.stringify(text)}`,
    );
  if (value > 0 && engineVersion === "1")
    throw new ComponentError("invalid-argument", "version_id: an engine of version 1 keeps no versions");
  return value;
}

function missing(name: string, secretVersion: number, answer: VaultAnswer): ComponentError | undefined {
  if (answer.status !== 404 || saysWhy(answer)) return undefined;
  const which = secretVersion === 0 ? "" : ` in version ${secretVersion}`;
  return new ComponentError("not-found", `secret ${name} does not exist in Vault${which}`);
}

/** A 404 for what is not there holds an empty list of errors; one for a wrong mount holds a reason. */
function saysWhy({ body }: VaultAnswer): boolean {
  const { errors } = (body ?? {}) as { readonly errors?: unknown };
  return Array.isArray(errors) && errors.length > 0;
}

function keysOf({ body }: VaultAnswer): string[] {
  const { data } = (body ?? {}) as { readonly data?: { readonly keys?: unknown } };
  return Array.isArray(data?.keys) ? data.keys.map(String) : [];
}

/** A name may hold slashes; it may not leave the prefix, nor carry a query. */
function escapeName(name: string): string {
  const parts = name.split("/");
  if (parts.some((part) => part === "" || part === "." || part === "..")) {
    throw new ComponentError(
      "invalid-argument",
      `${JSON.stringify(name)} is not the name of a secret: each part between slashes must be a name`,
    );
  }
  return parts.map(encodeURIComponent).join("/");
}

function escapePath(path: string): string {
  return path
    .split("/")
    .filter((part) => part !== "")
    .map(encodeURIComponent)
    .join("/");
}
