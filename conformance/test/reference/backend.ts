import { ComponentError } from "@trilby/kit";
import type { BackendControl } from "../../src/core/world.ts";

/** A server that exists as long as the test: it keeps what components store in it, and it can be broken. */
export class ReferenceBackend implements BackendControl {
  #down = false;
  #resumed: PromiseWithResolvers<void> | undefined;
  #watchers = new Set<() => void>();

  /** Every call of a component goes through here; nothing is stored before it resolves. */
  async reached(): Promise<void> {
    if (this.#down) throw new ComponentError("unavailable", "the backend is down");
    await this.#resumed?.promise;
    if (this.#down) throw new ComponentError("unavailable", "the backend went down");
  }

  get isDown(): boolean {
    return this.#down || this.#resumed !== undefined;
  }

  /** Called when it is back. */
  onBack(watcher: () => void): void {
    this.#watchers.add(watcher);
  }

  async kill(): Promise<void> {
    this.#down = true;
  }
  async restart(): Promise<void> {
    this.#down = false;
    for (const watcher of this.#watchers) watcher();
  }
  async pause(): Promise<void> {
    this.#resumed ??= Promise.withResolvers();
  }
  async resume(): Promise<void> {
    this.#resumed?.resolve();
    this.#resumed = undefined;
    for (const watcher of this.#watchers) watcher();
  }
}
