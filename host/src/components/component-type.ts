import type { Kind } from "@trilby/kit";

/** What a Component's `spec.type` says: `state.redis` is the component `redis` of the kind `state`. */
export type ComponentType =
  | { readonly support: "yes"; readonly kind: Kind; /** Lower case. */ readonly name: string }
  | { readonly support: "lacking"; readonly capability: string }
  | { readonly support: "unknown" };

const kinds: readonly Kind[] = ["state", "pubsub", "bindings", "secretstores"];

/** Categories that daprd knows and this version does not. */
const lacking: Readonly<Record<string, string>> = {
  configuration: "configuration",
  lock: "locks",
  crypto: "cryptography",
  conversation: "conversations",
  middleware: "HTTP middleware",
  nameresolution: "service invocation",
  workflowbackend: "workflows",
};

/** Types are compared without case, as daprd does. */
export function readType(type: string): ComponentType {
  const lower = type.toLowerCase();
  const dot = lower.indexOf(".");
  const category = dot === -1 ? lower : lower.slice(0, dot);
  const kind = kinds.find((each) => each === category);
  if (kind !== undefined && dot !== -1) return { support: "yes", kind, name: lower.slice(dot + 1) };
  const capability = dot === -1 ? undefined : lacking[category];
  return capability === undefined ? { support: "unknown" } : { support: "lacking", capability };
}

/** `""`, `v0` and `v1` all mean a component's first version. */
export function normalVersion(version: string): string {
  const lower = version.toLowerCase();
  return lower === "" || lower === "v0" ? "v1" : lower;
}

/** How daprd names a kind in an error. */
export const kindNoun: Readonly<Record<Kind, string>> = {
  state: "state store",
  pubsub: "message bus",
  bindings: "binding",
  secretstores: "secret store",
};

/** Of a type that is supported. */
export function kindOf(type: string): Kind {
  const read = readType(type);
  if (read.support !== "yes") throw new Error(`incorrect type ${type}`);
  return read.kind;
}
