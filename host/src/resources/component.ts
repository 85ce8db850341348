import type { Place } from "./place.ts";

/** One Component resource, checked by its form; secrets, environment and templates are not yet put in. */
export interface ComponentResource {
  readonly name: string;
  readonly namespace: string | undefined;
  /** For example `state.redis`. */
  readonly type: string;
  /** As written; empty means the first stable one, like `v0` and `v1`. */
  readonly version: string;
  readonly ignoreErrors: boolean;
  readonly initTimeoutMs: number;
  readonly metadata: readonly MetadataItem[];
  /** `auth.secretStore`: where `secretKeyRef` looks. */
  readonly secretStore: string | undefined;
  readonly annotations: ComponentAnnotations;
  /** Where the resource begins. */
  readonly place: Place;
  /** Where `spec.type` stands. */
  readonly typePlace: Place;
}

export interface MetadataItem {
  readonly name: string;
  readonly value: MetadataValue;
  readonly place: Place;
}

export type MetadataValue =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "secret"; readonly name: string; readonly key: string }
  | { readonly kind: "environment"; readonly variable: string };

/** What this host reads of a Component's annotations; a daprd passes over them. */
export interface ComponentAnnotations {
  /** `trilby.dev/placement`. */
  readonly placement: "in-process" | "child" | "socket" | undefined;
  /** `trilby.dev/package`: name of an installed package, or the path of one, relative to the resource's file. */
  readonly package: string | undefined;
  /** `trilby.dev/socket`: path of a socket that serves the component, relative to the resource's file. */
  readonly socket: string | undefined;
}

/** `name (type/version)`, the way Dapr's log lines and errors name a component. */
export function logName(component: { readonly name: string; readonly type: string; readonly version: string }): string {
  const version = component.version === "" ? "" : `/${component.version}`;
  return `${component.name} (${component.type}${version})`;
}
