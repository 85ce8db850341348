import type { ApiName } from "./name.ts";

/** A rule of `api.allowed` or `api.denied` in a Configuration. */
export interface ApiRule {
  readonly name: string;
  /** `v1`, `v1alpha1`, ...; `v1.0` and a path as name are the old style, over HTTP alone. */
  readonly version: string;
  /** `http` or `grpc`; a rule of no protocol matches nothing. */
  readonly protocol: string;
}

export interface ApiAccess {
  readonly allowed: readonly ApiRule[];
  readonly denied: readonly ApiRule[];
}

/** Which calls of one protocol may be made: none of the denied ones, and only the allowed ones when any are listed. */
export function isApiAllowed(access: ApiAccess, protocol: "http" | "grpc", api: ApiName, path: string): boolean {
  const ofProtocol = (rule: ApiRule): boolean => rule.protocol.toLowerCase() === protocol;
  const matches = (rule: ApiRule): boolean =>
    ofProtocol(rule) && (matchesName(rule, api) || (protocol === "http" && matchesPath(rule, path)));
  if (access.denied.some(matches)) return false;
  const allowed = access.allowed.filter(ofProtocol);
  return allowed.length === 0 || allowed.some(matches);
}

function matchesName(rule: ApiRule, api: ApiName): boolean {
  return rule.name === api.group && rule.version === api.version;
}

function matchesPath(rule: ApiRule, path: string): boolean {
  return path.startsWith(`/${rule.version}/${rule.name}`);
}
