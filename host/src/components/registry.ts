import type { InstanceOf, Kind } from "@trilby/kit";

/**
 * A component that was loaded and initialised at least once. The instance stays the same object for the component's
 * whole life: when its process dies and comes back, calls in between reject with `unavailable`, subscriptions and
 * readers are opened again behind it.
 */
export interface LoadedComponent<K extends Kind = Kind> {
  readonly name: string;
  readonly kind: K;
  /** As in the resource, for example `state.redis`. */
  readonly type: string;
  readonly version: string;
  readonly instance: InstanceOf[K];
  readonly features: readonly string[];
  /** Runtime-level metadata values of the resource (keyPrefix, scopes, consumerID, direction, route, ...), names lower-cased, secrets resolved. */
  readonly properties: ReadonlyMap<string, string>;
  /** Of values that a `secretKeyRef` gave: the secret's name, by the lower-cased name of the value. */
  readonly secretNames?: ReadonlyMap<string, string> | undefined;
  /**
   * Whether a metadata value of the resource held the template `{namespace}`. Pub/sub then puts the host's namespace
   * directly in front of every topic.
   */
  readonly namespaced?: boolean | undefined;
}

export type ComponentState = "starting" | "ready" | "degraded" | "failed";

/** What health, metadata and metrics tell of one component, loaded or not. */
export interface ComponentHealth {
  readonly name: string;
  readonly kind: Kind;
  readonly type: string;
  readonly version: string;
  readonly state: ComponentState;
  /** Secrets removed. */
  readonly lastError: string | undefined;
  /** Unix milliseconds of the next attempt, when there is one. */
  readonly nextRetry: number | undefined;
  readonly placement: "in-process" | "child" | "socket";
  /** `file:line` of the resource. */
  readonly source: string;
}

/** What blocks know of components. Look-ups are plain map reads. */
export interface ComponentRegistry {
  get<K extends Kind>(kind: K, name: string): LoadedComponent<K> | undefined;
  list<K extends Kind>(kind: K): readonly LoadedComponent<K>[];
  /** Of every component that should be there, also those that are starting or failed. */
  health(): readonly ComponentHealth[];
  /** Called for each component already loaded and for each one loaded later. Awaited before the component counts as ready. */
  onLoad<K extends Kind>(kind: K, listener: (component: LoadedComponent<K>) => void | Promise<void>): void;
  /** Called before the instance is closed. */
  onUnload<K extends Kind>(kind: K, listener: (component: LoadedComponent<K>) => void | Promise<void>): void;
}
