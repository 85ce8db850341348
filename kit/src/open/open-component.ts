import type { ComponentDefinition, InstanceOf, Kind, Logger, OpenContext } from "../contract/definition.ts";
import { ComponentError } from "../errors/component-error.ts";
import { decodeMetadata, deprecations } from "../metadata/decode.ts";
import { guardBinding } from "./guard-binding.ts";
import { guardPubSub } from "./guard-pubsub.ts";
import { guardSecretStore } from "./guard-secret-store.ts";
import { guardStateStore, type OpenedStateStore } from "./guard-state-store.ts";
import { Lifetime } from "./lifetime.ts";
import { disagreements } from "./disagreements.ts";

export interface OpenSettings {
  /** `metadata.name` of the Component resource. */
  readonly name: string;
  /** Text pairs as in the YAML, secrets resolved. */
  readonly properties: Readonly<Record<string, string>>;
  readonly logger?: Logger;
  /** Gives up: `openComponent` rejects at once, and an instance that opens later is closed. */
  readonly signal?: AbortSignal;
  /** Bindings: the halves that are wanted. Absent: those that the component has. */
  readonly directions?: readonly ("input" | "output")[];
}

/** What a kind opens to: the contract, with everything filled in that the kit does for a component. */
export interface OpenedInstanceOf extends Omit<InstanceOf, "state"> {
  state: OpenedStateStore;
}

export interface OpenedComponent<K extends Kind = Kind> {
  readonly definition: Extract<ComponentDefinition, { kind: K }>;
  readonly kind: K;
  readonly name: string;
  /** Of this instance. Empty for bindings. */
  readonly features: readonly string[];
  /** Guarded: calls after `close` reject with `closed`, etags are never empty, options are checked. */
  readonly instance: OpenedInstanceOf[K];
  /** Closes the instance once; a second call gives the same promise. */
  close(): Promise<void>;
}

/** Decodes the metadata, opens the component and guards the instance. The one way to get at a running component. */
export async function openComponent<D extends ComponentDefinition>(
  definition: D,
  { name, properties, logger = silent, signal = new AbortController().signal, directions }: OpenSettings,
): Promise<OpenedComponent<D["kind"]>> {
  const halves = bindingHalves(definition, directions);
  const options = decodeMetadata(definition, properties, { name, directions: halves });
  for (const sentence of deprecations(definition, properties))
    logger.warn(`metadata of component "${name}": ${sentence}`);

  const raw: InstanceOf[Kind] = await openUnlessAborted(definition, options, {
    name,
    logger,
    signal,
    directions: halves,
  });
  const wrong = disagreements(definition, raw, halves);
  if (wrong.length > 0) {
    await raw.close().catch(() => {});
    throw new ComponentError("internal", `${definition.type} breaks the component contract: ${wrong.join("; ")}`);
  }

  const lifetime = new Lifetime(name, raw);
  const instance = guard(definition.kind, raw, lifetime) as OpenedInstanceOf[D["kind"]];
  const features: readonly string[] = raw.features ?? ("features" in definition ? definition.features : []);
  return {
    definition: definition as unknown as OpenedComponent<D["kind"]>["definition"],
    kind: definition.kind,
    name,
    features,
    instance,
    close: () => lifetime.close(),
  };
}

function guard(kind: Kind, raw: InstanceOf[Kind], lifetime: Lifetime): OpenedInstanceOf[Kind] {
  switch (kind) {
    case "state":
      return guardStateStore(raw as InstanceOf["state"], lifetime);
    case "pubsub":
      return guardPubSub(raw as InstanceOf["pubsub"], lifetime);
    case "bindings":
      return guardBinding(raw, lifetime);
    case "secretstores":
      return guardSecretStore(raw as InstanceOf["secretstores"], lifetime);
  }
}

function bindingHalves(
  definition: ComponentDefinition,
  wanted: OpenSettings["directions"],
): readonly ("input" | "output")[] {
  if (definition.kind !== "bindings") return [];
  const offered = (["input", "output"] as const).filter((direction) => definition.binding[direction]);
  const halves = wanted ? offered.filter((direction) => wanted.includes(direction)) : offered;
  if (halves.length > 0) return halves;
  throw new ComponentError(
    "invalid-argument",
    `${definition.type} is ${offered.join(" and ")} only, not ${wanted?.join(" and ")}`,
  );
}

async function openUnlessAborted(
  definition: ComponentDefinition,
  options: any,
  context: OpenContext,
): Promise<InstanceOf[Kind]> {
  const { signal } = context;
  if (signal.aborted) throw gaveUp(definition, signal);
  const opening = new Promise<InstanceOf[Kind]>((resolve) => resolve(definition.open(options, context)));
  let onAbort: () => void = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(gaveUp(definition, signal));
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([opening, aborted]);
  } catch (error) {
    if (signal.aborted) {
      opening.then((late) => late.close()).catch(() => {});
      throw gaveUp(definition, signal, ComponentError.is(error) && error.code === "cancelled" ? undefined : error);
    }
    if (ComponentError.is(error)) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new ComponentError("internal", `${definition.type} did not open: ${message}`, { cause: error });
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function gaveUp(definition: ComponentDefinition, signal: AbortSignal, error?: unknown): ComponentError {
  const timedOut = signal.reason instanceof Error && signal.reason.name === "TimeoutError";
  const why = error instanceof Error ? `: ${error.message}` : "";
  return timedOut
    ? new ComponentError("deadline-exceeded", `${definition.type} did not open in time${why}`, {
        cause: error ?? signal.reason,
      })
    : new ComponentError("cancelled", `opening ${definition.type} was cancelled${why}`, {
        cause: error ?? signal.reason,
      });
}

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
