/** What judges do with a daemon, whatever protocol carries it. Values are JSON. */
export interface Api {
  readonly protocol: "HTTP" | "gRPC";
  /** A refused etag is a `Conflict`. */
  save(store: string, items: readonly Item[]): Promise<void>;
  /** Undefined when there is nothing. */
  get(store: string, key: string): Promise<Found | undefined>;
  bulkGet(store: string, keys: readonly string[]): Promise<ReadonlyMap<string, Found | undefined>>;
  /** A refused etag is a `Conflict`. */
  delete(store: string, key: string, etag?: string): Promise<void>;
  transact(store: string, operations: readonly Operation[]): Promise<void>;
  publish(pubsub: string, topic: string, data: unknown): Promise<void>;
  invoke(binding: string, operation: string, data: unknown, metadata?: Record<string, string>): Promise<string>;
  secret(store: string, key: string): Promise<Record<string, string>>;
  secrets(store: string): Promise<Record<string, Record<string, string>>>;
  close(): void;
}

export interface Item {
  readonly key: string;
  readonly value: unknown;
  readonly etag?: string;
  readonly firstWrite?: boolean;
  readonly ttlSeconds?: number;
}

export type Operation = { readonly upsert: Item } | { readonly delete: string };

export interface Found {
  readonly value: unknown;
  readonly etag: string | undefined;
  /** Where the store tells it. */
  readonly expires?: Date | undefined;
}

/** Another etag is stored. */
export class Conflict extends Error {
  override name = "Conflict";
}

export function itemMetadata({ ttlSeconds }: Item): Record<string, string> {
  return ttlSeconds === undefined ? {} : { ttlInSeconds: String(ttlSeconds) };
}
