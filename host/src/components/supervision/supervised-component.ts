import { setTimeout as delay } from "node:timers/promises";
import { ComponentError, type InstanceOf, type Kind, type Logger } from "@trilby/kit";

import type { Backing, Opener } from "../placements/backing.ts";
import type { ComponentState } from "../registry.ts";
import { type Backoff, createBackoff } from "./backoff.ts";
import { stableInstance, type StableInstance } from "./stable-instance.ts";
import { createWaitingRoom } from "./waiting-room.ts";

export interface SupervisedSettings<K extends Kind> {
  readonly name: string;
  readonly kind: K;
  readonly open: Opener<K>;
  /** In this process nothing is lost, so calls go to the instance itself. */
  readonly mayBeLost: boolean;
  /** The longest pause between two attempts to open it again. */
  readonly longestPauseMs: number;
  readonly logger: Logger;
}

/** Keeps one component up: opens it, and opens it again each time what is behind it is lost. */
export class SupervisedComponent<K extends Kind> {
  state: ComponentState = "starting";
  lastError: string | undefined;
  /** Unix milliseconds. */
  nextRetry: number | undefined;
  readonly #settings: SupervisedSettings<K>;
  readonly #closing = new AbortController();
  readonly #backoff: Backoff;
  #backing: Backing<K> | undefined;
  #stable: StableInstance<K> | undefined;
  #keeping: Promise<void> = Promise.resolve();

  constructor(settings: SupervisedSettings<K>) {
    this.#settings = settings;
    this.#backoff = createBackoff({ firstMs: 100, mostMs: settings.longestPauseMs, stableMs: 10_000 });
  }

  /** The first opening. Rejects when it fails; may then be called again. */
  async open(): Promise<{ readonly instance: InstanceOf[K]; readonly features: readonly string[] }> {
    const backing = await this.#openOnce();
    this.#backing = backing;
    this.#becomeReady();
    if (!this.#settings.mayBeLost) return backing;
    const room = createWaitingRoom<K>(() => this.#absence());
    const stable = stableInstance(this.#settings.kind, backing, room, (problem) => {
      this.#settings.logger.warn(`component ${this.#settings.name}: ${problem}`);
    });
    this.#stable = stable;
    this.#keeping = this.#keepUp(backing, stable).finally(() => room.close(this.#closedError()));
    return { instance: stable.instance, features: backing.features };
  }

  async close(): Promise<void> {
    this.#closing.abort(this.#closedError());
    await this.#stable?.close();
    await this.#backing?.close();
    await this.#keeping;
  }

  async #keepUp(first: Backing<K>, stable: StableInstance<K>): Promise<void> {
    const { name, logger } = this.#settings;
    const { signal } = this.#closing;
    const closing = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    for (let backing: Backing<K> | undefined = first; backing !== undefined;) {
      await Promise.race([backing.lost, closing]);
      if (signal.aborted) return;
      stable.detach();
      this.state = "degraded";
      this.lastError = "it is being started again";
      const reason = await backing.reason();
      this.lastError = reason;
      logger.warn(`component ${name} is lost: ${reason}; it is being started again`);
      this.#backing = undefined;
      await backing.close();
      backing = await this.#reopen(stable);
    }
  }

  /** Tries until it works; undefined when the component is closed meanwhile. */
  async #reopen(stable: StableInstance<K>): Promise<Backing<K> | undefined> {
    const { name, logger } = this.#settings;
    const { signal } = this.#closing;
    for (;;) {
      const delayMs = this.#backoff.nextDelayMs();
      if (delayMs > 0) {
        this.nextRetry = Date.now() + delayMs;
        await delay(delayMs, undefined, { signal }).catch(() => {});
      }
      if (signal.aborted) return undefined;
      const beganAt = performance.now();
      let backing: Backing<K> | undefined;
      try {
        backing = await this.#openOnce();
        await stable.attach(backing);
        this.#backing = backing;
        this.#becomeReady();
        logger.info(`component ${name} is back after ${Math.round(performance.now() - beganAt)} ms`);
        return backing;
      } catch (error) {
        await backing?.close();
        if (signal.aborted) return undefined;
        this.lastError = messageOf(error);
        logger.warn(`component ${name} could not be started again: ${this.lastError}`);
      }
    }
  }

  async #openOnce(): Promise<Backing<K>> {
    const backing = await this.#settings.open(this.#closing.signal);
    if (!this.#closing.signal.aborted) return backing;
    await backing.close();
    throw this.#closedError();
  }

  #becomeReady(): void {
    this.state = "ready";
    this.lastError = undefined;
    this.nextRetry = undefined;
    this.#backoff.succeeded();
  }

  #absence(): string {
    return `component "${this.#settings.name}" is not available: ${this.lastError ?? "it is being started"}`;
  }

  #closedError(): ComponentError {
    return new ComponentError("closed", `component "${this.#settings.name}" is closed`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
