import type { Call, Instance, Metadata } from "./call.ts";

export interface GetSecretRequest {
  readonly name: string;
  readonly metadata: Metadata;
}

/** Keys and values of one secret. A store of single values uses the secret's own name as the only key. */
export type Secret = Readonly<Record<string, string>>;

/** Concurrency: any method at any time. Access control is the host's. Values never go to logs or errors. */
export interface SecretStore extends Instance {
  /** Rejects with code `not-found` for a secret that does not exist, unless the backend cannot tell. */
  get(request: GetSecretRequest, call?: Call): Promise<Secret>;
  /** Every secret the credentials can read, by name. */
  bulkGet(metadata: Metadata, call?: Call): Promise<Readonly<Record<string, Secret>>>;
}

export type SecretStoreFeature = "MULTIPLE_KEY_VALUES_PER_SECRET";
