import type { Place } from "./place.ts";

/**
 * The Configuration resource of this host: the files of `--config`, merged, with defaults filled in. Sections of
 * capabilities that this version lacks are named in a warning when read and are not here.
 */
export interface Configuration {
  readonly api: { readonly allowed: readonly ApiRule[]; readonly denied: readonly ApiRule[] };
  /** `type` or `type/version`, exact text. */
  readonly deniedComponents: readonly string[];
  readonly secretScopes: readonly SecretScope[];
  readonly apiLogging: {
    readonly enabled: boolean;
    readonly obfuscateUrls: boolean;
    readonly omitHealthChecks: boolean;
  };
  readonly metrics: MetricsConfiguration;
  readonly features: readonly { readonly name: string; readonly enabled: boolean }[];
}

/** One entry of `api.allowed` or `api.denied`. A non-empty allow list admits only what it names; a denial wins. */
export interface ApiRule {
  readonly name: string;
  readonly version: string;
  readonly protocol: "http" | "grpc";
}

export interface SecretScope {
  readonly storeName: string;
  readonly defaultAccess: "allow" | "deny";
  /** When not empty it alone decides. */
  readonly allowedSecrets: readonly string[];
  readonly deniedSecrets: readonly string[];
  readonly place: Place;
}

export interface MetricsConfiguration {
  readonly enabled: boolean;
  readonly recordErrorCodes: boolean;
  readonly http: {
    readonly increasedCardinality: boolean;
    readonly pathMatching: readonly string[];
    readonly excludeVerbs: boolean;
  };
  /** Upper bounds in milliseconds; absent: the defaults. */
  readonly latencyDistributionBuckets: readonly number[] | undefined;
}

export const defaultConfiguration: Configuration = {
  api: { allowed: [], denied: [] },
  deniedComponents: [],
  secretScopes: [],
  apiLogging: { enabled: false, obfuscateUrls: false, omitHealthChecks: false },
  metrics: {
    enabled: true,
    recordErrorCodes: false,
    http: { increasedCardinality: true, pathMatching: [], excludeVerbs: false },
    latencyDistributionBuckets: undefined,
  },
  features: [],
};
