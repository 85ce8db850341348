import type { Fields, Options } from "../metadata/field.ts";
import type { Binding } from "./binding.ts";
import type { PubSub, PubSubFeature } from "./pubsub.ts";
import type { SecretStore, SecretStoreFeature } from "./secret-store.ts";
import type { StateFeature, StateStore } from "./state.ts";

export type Status = "stable" | "beta" | "alpha" | "development-only";

/** How the host runs a component when neither its YAML nor the host's option says. */
export type Placement = "in-process" | "child";

export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

export interface OpenContext {
  /** `metadata.name` of the Component resource; what errors and logs name. */
  readonly name: string;
  readonly logger: Logger;
  /** Aborted when the opener gives up (init timeout, shutdown): stop connecting and reject. */
  readonly signal: AbortSignal;
  /** Bindings only: which halves the runtime wants. Both, when the protocol does not tell. */
  readonly directions: readonly ("input" | "output")[];
}

/** What all kinds declare. Importing a declaration does no I/O: everything begins at `open`. */
export interface Declaration<F extends Fields, I> {
  /** As in a Component's `spec.type`, for example `state.redis`. */
  readonly type: string;
  /** Other names the same component is known by, for example `state.postgres`. */
  readonly aliases?: readonly string[];
  readonly version: string;
  readonly status: Status;
  readonly title: string;
  readonly description: string;
  /** Reference pages; shown in docs. */
  readonly urls?: readonly { readonly title: string; readonly url: string }[];
  readonly placement: Placement;
  readonly metadata: F;
  /** Checks across fields, after each field is valid by itself. Returns sentences, one a problem; empty when none. */
  check?(options: Options<F>): readonly string[];
  /** Connects and resolves to a ready instance, or rejects and leaves nothing open. */
  open(options: Options<F>, context: OpenContext): Promise<I>;
}

export interface StateStoreDefinition<F extends Fields = Fields> extends Declaration<F, StateStore> {
  readonly kind: "state";
  readonly features: readonly StateFeature[];
}
export interface PubSubDefinition<F extends Fields = Fields> extends Declaration<F, PubSub> {
  readonly kind: "pubsub";
  readonly features: readonly PubSubFeature[];
}
export interface BindingDefinition<F extends Fields = Fields> extends Declaration<F, Binding> {
  readonly kind: "bindings";
  readonly binding: {
    readonly input?: boolean;
    readonly output?: boolean;
    /** Required with output: what `invoke` takes. */
    readonly operations?: readonly { readonly name: string; readonly description: string }[];
  };
}
export interface SecretStoreDefinition<F extends Fields = Fields> extends Declaration<F, SecretStore> {
  readonly kind: "secretstores";
  readonly features: readonly SecretStoreFeature[];
}

export type ComponentDefinition =
  | StateStoreDefinition<any>
  | PubSubDefinition<any>
  | BindingDefinition<any>
  | SecretStoreDefinition<any>;
export type Kind = ComponentDefinition["kind"];
/** The instance that a kind opens to. */
export interface InstanceOf {
  state: StateStore;
  pubsub: PubSub;
  bindings: Binding;
  secretstores: SecretStore;
}

/** Declares a state store: the value a component package exports. */
export function defineStateStore<const F extends Fields>(
  declaration: Omit<StateStoreDefinition<F>, "kind">,
): StateStoreDefinition<F> {
  return { ...declaration, kind: "state" };
}
export function definePubSub<const F extends Fields>(
  declaration: Omit<PubSubDefinition<F>, "kind">,
): PubSubDefinition<F> {
  return { ...declaration, kind: "pubsub" };
}
export function defineBinding<const F extends Fields>(
  declaration: Omit<BindingDefinition<F>, "kind">,
): BindingDefinition<F> {
  return { ...declaration, kind: "bindings" };
}
export function defineSecretStore<const F extends Fields>(
  declaration: Omit<SecretStoreDefinition<F>, "kind">,
): SecretStoreDefinition<F> {
  return { ...declaration, kind: "secretstores" };
}
