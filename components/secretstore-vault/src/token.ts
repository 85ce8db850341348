import { readFile } from "node:fs/promises";
import { ComponentError, type Logger } from "@trilby/kit";
import type { VaultClient } from "./vault-client.ts";
import { vaultError } from "./vault-errors.ts";

/** The token in use. A class: it changes over time, and a timer renews it. */
export class Token {
  #value: string;
  readonly #file: string | undefined;
  readonly #vault: VaultClient;
  readonly #logger: Logger;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  private constructor(value: string, file: string | undefined, vault: VaultClient, logger: Logger) {
    this.#value = value;
    this.#file = file;
    this.#vault = vault;
    this.#logger = logger;
  }

  static async open(
    given: string | undefined,
    file: string | undefined,
    vault: VaultClient,
    logger: Logger,
  ): Promise<Token> {
    return new Token(given ?? (await tokenIn(file ?? "")), file, vault, logger);
  }

  get value(): string {
    return this.#value;
  }

  /** After Vault refused the token: whether the file holds another one by now, which is then in use. */
  async reload(): Promise<boolean> {
    if (this.#file === undefined || this.#closed) return false;
    const found = await tokenIn(this.#file);
    if (found === this.#value) return false;
    this.#value = found;
    this.renewAfter(0);
    return true;
  }

  /** Renews when two thirds of the time to live are over, again and again. 0: looks now how long the token lives. */
  renewAfter(ttlSeconds: number): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    const delayMs = Math.min(ttlSeconds * renewFraction * 1000, longestTimerMs);
    this.#timer = setTimeout(() => void this.#renew(), delayMs);
    this.#timer.unref();
  }

  /** What to do about a token that lives so long. */
  expect({ ttlSeconds, renewable }: TokenLife): void {
    if (ttlSeconds === undefined) return;
    if (renewable) this.renewAfter(ttlSeconds);
    else if (this.#file === undefined)
      this.#logger.warn("the Vault token is not renewable and will expire", { ttlSeconds });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #renew(): Promise<void> {
    let life: TokenLife = { ttlSeconds: undefined, renewable: false };
    try {
      life = lifeOf(await this.#ask("GET", "auth/token/lookup-self"));
      if (life.ttlSeconds === undefined || !life.renewable) {
        this.expect(life);
        return;
      }
      const { auth } = (await this.#ask("POST", "auth/token/renew-self")) as {
        readonly auth?: { readonly lease_duration?: number };
      };
      const after = auth?.lease_duration ?? 0;
      if (after <= life.ttlSeconds + 1)
        this.#logger.warn("the Vault token cannot be renewed any longer, it soon expires", { ttlSeconds: after });
      this.renewAfter(Math.max(1, after));
    } catch (error) {
      if (this.#closed || (await this.reload().catch(() => false))) return;
      const again = this.#file !== undefined || !(error instanceof TokenRefused);
      const delaySeconds = Math.min(Math.max(1, life.ttlSeconds ?? retrySeconds), retrySeconds);
      const what = again ? `it is tried again in ${delaySeconds} s` : "give a new one by vaultToken";
      this.#logger.warn(`the Vault token could not be renewed, ${what}: ${(error as Error).message}`);
      if (again) this.renewAfter(delaySeconds / renewFraction);
    }
  }

  async #ask(method: string, path: string): Promise<unknown> {
    const answer = await this.#vault.send(method, path, this.#value);
    if (answer.status === 200) return answer.body;
    const { message } = vaultError(this.#vault.address, "renew the token", answer);
    throw answer.status === 403 ? new TokenRefused(message) : new Error(message);
  }
}

class TokenRefused extends Error {}

export interface TokenLife {
  /** Undefined: for ever. */
  readonly ttlSeconds: number | undefined;
  readonly renewable: boolean;
}

/** Of the answer to lookup-self. */
export function lifeOf(body: unknown): TokenLife {
  const { data } = (body ?? {}) as {
    readonly data?: { readonly ttl?: number; readonly renewable?: boolean; readonly expire_time?: string | null };
  };
  const expires = typeof data?.ttl === "number" && data.expire_time !== null;
  return { ttlSeconds: expires ? data.ttl : undefined, renewable: data?.renewable === true };
}

const renewFraction = 2 / 3;
const retrySeconds = 10;
const longestTimerMs = 2 ** 31 - 1;

async function tokenIn(file: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new ComponentError(
      "failed-precondition",
      `vaultTokenMountPath ${file} cannot be read: ${(cause as Error).message}`,
      { cause },
    );
  }
  const token = text.trim();
  if (token === "") throw new ComponentError("failed-precondition", `vaultTokenMountPath ${file} is empty`);
  return token;
}
