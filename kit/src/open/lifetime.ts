import type { Instance } from "../contract/call.ts";
import { ComponentError } from "../errors/component-error.ts";

/** Whether an instance still takes calls. A class, because every call reads `open`: one field, no closure. */
export class Lifetime {
  open = true;
  readonly #name: string;
  readonly #instance: Instance;
  #closing: Promise<void> | undefined;

  constructor(name: string, instance: Instance) {
    this.#name = name;
    this.#instance = instance;
  }

  close(): Promise<void> {
    this.open = false;
    this.#closing ??= Promise.resolve(this.#instance.close());
    return this.#closing;
  }

  /** What a call after `close` gets. */
  refuse(): Promise<never> {
    return Promise.reject(new ComponentError("closed", `component "${this.#name}" is closed`));
  }
}
