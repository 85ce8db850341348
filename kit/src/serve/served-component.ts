import type { ComponentDefinition, Kind, Logger } from "../contract/definition.ts";
import { openComponent } from "../open/open-component.ts";
import type { OpenedComponent, OpenedInstanceOf } from "../open/open-component.ts";
import { notInitialisedTrailer } from "../protocol/names.ts";
import { RpcCode, RpcError } from "../transport/rpc-error.ts";
import { within } from "./within.ts";

/** A stream of deliveries that belongs to an instance. */
export interface Deliveries {
  /** Stops taking new ones and waits for those under way. */
  drain(): Promise<void>;
  /** Gives up those under way, which stay with their source, and ends the stream. */
  abandon(reason: RpcError): void;
}

export interface ServedComponentSettings {
  readonly logger: (name: string) => Logger;
  /** How long a replaced or closed instance may take to finish. */
  readonly closeTimeoutMs: number;
  /** Bindings: each half is served, initialised and opened for itself. */
  readonly directions?: readonly ("input" | "output")[];
}

/** One declaration as a process serves it: an opened instance for each name that was initialised. */
export class ServedComponent<K extends Kind> {
  readonly definition: Extract<ComponentDefinition, { kind: K }>;
  readonly #settings: ServedComponentSettings;
  readonly #slots = new Map<string, Slot<K>>();
  readonly #stopping = new AbortController();

  constructor(definition: Extract<ComponentDefinition, { kind: K }>, settings: ServedComponentSettings) {
    this.definition = definition;
    this.#settings = settings;
  }

  /** Opens the instance; one of the same name is closed first, since both may want the same connection or file. */
  initialise(name: string, properties: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void> {
    const slot = this.#slots.get(name) ?? new Slot<K>();
    this.#slots.set(name, slot);
    // One after another: a second Init of the same instance waits for the first.
    const done = slot.initialising.then(() => this.#open(slot, name, properties, signal));
    slot.initialising = done.catch(() => undefined);
    return done;
  }

  /** The instance of that name. Throws when it was not initialised in this process. Hot path. */
  instance(name: string): OpenedInstanceOf[K] {
    const opened = this.#slots.get(name)?.opened;
    if (opened === undefined) throw this.#notInitialised(name);
    return opened.instance;
  }

  /** Before Init: what the declaration says. */
  features(name: string): readonly string[] {
    const { definition } = this;
    return this.#slots.get(name)?.opened?.features ?? ("features" in definition ? definition.features : []);
  }

  /** Whether the declaration or any instance names the feature. */
  mayHave(feature: string): boolean {
    if (this.features("").includes(feature)) return true;
    return [...this.#slots.values()].some(({ opened }) => opened?.features.includes(feature));
  }

  /** Deliveries go when their instance goes. The result takes them off again. */
  attach(name: string, deliveries: Deliveries): () => void {
    if (this.#stopping.signal.aborted) throw shuttingDown();
    const slot = this.#slots.get(name);
    slot?.deliveries.add(deliveries);
    return () => slot?.deliveries.delete(deliveries);
  }

  /** No new instances and no new deliveries; resolves when those under way are done, or given up after the time. */
  async drain(timeoutMs: number): Promise<void> {
    this.#stopping.abort(shuttingDown());
    const streams = [...this.#slots.values()].flatMap(({ deliveries }) => [...deliveries]);
    await within(timeoutMs, Promise.allSettled(streams.map((each) => each.drain())));
    for (const each of streams) each.abandon(shuttingDown());
  }

  async close(): Promise<void> {
    await Promise.all([...this.#slots].map(([name, slot]) => this.#close(slot, name)));
  }

  async #open(
    slot: Slot<K>,
    name: string,
    properties: Readonly<Record<string, string>>,
    caller: AbortSignal,
  ): Promise<void> {
    if (this.#stopping.signal.aborted) throw shuttingDown();
    if (slot.opened !== undefined) {
      const replaced = new RpcError(RpcCode.UNAVAILABLE, `${this.#display(name)} is initialised again`);
      for (const each of slot.deliveries) each.abandon(replaced);
      await this.#close(slot, name);
    }
    const { directions, logger } = this.#settings;
    try {
      const opened = await openComponent(this.definition as ComponentDefinition, {
        name: name === "" ? this.definition.type : name,
        properties,
        logger: logger(name),
        signal: AbortSignal.any([caller, this.#stopping.signal]),
        ...(directions && { directions }),
      });
      slot.opened = opened as unknown as OpenedComponent<K>;
      slot.failure = undefined;
    } catch (error) {
      slot.failure = error;
      throw error;
    }
  }

  async #close(slot: Slot<K>, name: string): Promise<void> {
    const { opened } = slot;
    if (opened === undefined) return;
    slot.opened = undefined;
    const logger = this.#settings.logger(name);
    const closing = opened
      .close()
      .catch((error: unknown) => logger.warn("closing the instance failed", { error: String(error) }));
    if (!(await within(this.#settings.closeTimeoutMs, closing))) {
      logger.warn(`the instance did not close within ${this.#settings.closeTimeoutMs} ms; going on without it`);
    }
  }

  #notInitialised(name: string): RpcError {
    const failure = this.#slots.get(name)?.failure;
    const why = failure instanceof Error ? `; its last Init failed: ${failure.message}` : "";
    return new RpcError(
      RpcCode.FAILED_PRECONDITION,
      // A daprd initialises a component when it starts itself, and never again.
      `${this.#display(name)} is not initialised in this process: call Init first${why || "; a daprd does when it is restarted"}`,
      {
        trailers: [[notInitialisedTrailer, "true"]],
      },
    );
  }

  #display(name: string): string {
    return name === ""
      ? `the instance without a name of ${this.definition.type}`
      : `instance "${name}" of ${this.definition.type}`;
  }
}

class Slot<K extends Kind> {
  opened: OpenedComponent<K> | undefined;
  failure: unknown;
  initialising: Promise<unknown> = Promise.resolve();
  readonly deliveries = new Set<Deliveries>();
}

function shuttingDown(): RpcError {
  return new RpcError(RpcCode.UNAVAILABLE, "the component's process is shutting down");
}
