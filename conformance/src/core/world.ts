import type { Kind, OpenedInstanceOf } from "@trilby/kit";
import type { Channel } from "@trilby/kit/transport";
import type { FactsOf } from "./facts.ts";

/** All that a case sees. */
export interface World<K extends Kind = Kind> {
  readonly placement: PlacementName;
  /** Shared with the other cases, except in cases that run alone. */
  readonly instance: OpenedInstanceOf[K];
  readonly features: readonly string[];
  readonly facts: FactsOf[K];
  /** A text that no other case and no other run uses; letters, digits and hyphens. */
  unique(word: string): string;
  /** One more instance of the same component, closed when the case ends. */
  open(settings?: OpenSettings): Promise<Opened<K>>;
  /** The metadata that the shared instance was opened with. */
  readonly properties: Readonly<Record<string, string>>;
  /** Keeps a measured value; the name carries the unit. */
  measured(name: string, value: number): void;
  /** Present with the abilities `stop-backend` and `slow-backend`. */
  readonly backend: BackendControl | undefined;
  /** Present with the ability `kill-component`. */
  readonly process: ComponentProcess | undefined;
  /** Present with the ability `wire`. */
  readonly wire: Wire | undefined;
}

export type PlacementName = "in-process" | "socket";

export interface OpenSettings {
  /** Default: a name of its own. */
  readonly name?: string;
  /** Instead of those of the shared instance. */
  readonly properties?: Readonly<Record<string, string>>;
}

export interface Opened<K extends Kind = Kind> {
  readonly instance: OpenedInstanceOf[K];
  readonly features: readonly string[];
  close(): Promise<void>;
}

/** A server that may be broken. Whatever a case does to it, the runner starts and resumes it afterwards. */
export interface BackendControl {
  /** Ends it at once. Connections break, data stays. */
  kill(): Promise<void>;
  /** Starts it on the same address with the same data; resolves when it answers. Also when it runs already. */
  restart(): Promise<void>;
  /** Connections stay open and nothing answers. */
  pause(): Promise<void>;
  resume(): Promise<void>;
}

export interface ComponentProcess {
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** Resolves when it listens again. Instances have to be opened anew. */
  restart(): Promise<void>;
  /** Whether it still runs. */
  alive(): boolean;
}

export interface Wire {
  readonly channel: Channel;
  /** The instance name that the shared instance was initialised under. */
  readonly instanceName: string;
  /** Full names of the services that reflection lists. */
  readonly services: readonly string[];
}

/** A running component, wherever it is. */
export interface Session<K extends Kind = Kind> {
  readonly instance: OpenedInstanceOf[K];
  readonly features: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
  open(settings?: OpenSettings): Promise<Opened<K>>;
  close(): Promise<void>;
  readonly process?: ComponentProcess | undefined;
  readonly wire?: Wire | undefined;
}

/** A way to run a component. Every case that runs alone gets a session of its own. */
export interface Placement<K extends Kind = Kind> {
  readonly name: PlacementName;
  readonly abilities: ReadonlySet<string>;
  start(): Promise<Session<K>>;
}
