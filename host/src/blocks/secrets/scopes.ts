import type { SecretScope } from "../../resources/configuration.ts";

/** Whether the app may read a secret. A store without a scope is open; of several scopes for a store the last one counts. */
export function createScopes(
  scopes: readonly Pick<SecretScope, "storeName" | "defaultAccess" | "allowedSecrets" | "deniedSecrets">[],
): (store: string, secret: string) => boolean {
  const byStore = new Map(
    scopes.map((scope) => [
      scope.storeName,
      {
        byDefault: scope.defaultAccess !== "deny",
        allowed: new Set(scope.allowedSecrets),
        denied: new Set(scope.deniedSecrets),
      },
    ]),
  );
  return (store, secret) => {
    const scope = byStore.get(store);
    if (scope === undefined) return true;
    if (scope.allowed.size > 0) return scope.allowed.has(secret);
    return !scope.denied.has(secret) && scope.byDefault;
  };
}
