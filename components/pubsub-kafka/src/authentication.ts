import type { KafkaOptions } from "./fields.ts";

export type AuthenticationType = NonNullable<KafkaOptions["authType"]>;

/** `authType`, or what the older `authRequired` means. Undefined: neither is there. */
export function authenticationOf({
  authType,
  authRequired,
  saslPassword,
}: KafkaOptions): AuthenticationType | undefined {
  if (authType !== undefined) return authType;
  if (authRequired === undefined) return undefined;
  if (!authRequired) return "none";
  return saslPassword ? "password" : "mtls";
}
