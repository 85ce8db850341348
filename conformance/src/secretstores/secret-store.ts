import type { Secret } from "@trilby/kit";
import type { Case } from "../core/case.ts";
import type { World } from "../core/world.ts";

export type SecretStoreCase = Case<"secretstores">;
export type SecretStoreWorld = World<"secretstores">;

export function get({ instance, facts }: SecretStoreWorld, name: string): Promise<Secret> {
  return instance.get({ name, metadata: facts.metadata });
}

export function bulkGet({ instance, facts }: SecretStoreWorld): Promise<Readonly<Record<string, Secret>>> {
  return instance.bulkGet(facts.metadata);
}

/** Every value that nobody may see in an error. */
export function secretValues({ facts }: SecretStoreWorld): string[] {
  return Object.values(facts.secrets)
    .flatMap((secret) => Object.values(secret))
    .filter((value) => value.length >= 4);
}
