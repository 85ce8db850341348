import type { ComponentDefinition, InstanceOf, Kind } from "../contract/definition.ts";

/** Where an instance does not do what its declaration says. Programming errors of the component, found at the first open. */
export function disagreements(
  definition: ComponentDefinition,
  instance: InstanceOf[Kind],
  directions: readonly ("input" | "output")[],
): string[] {
  if (definition.kind === "bindings") return bindingDisagreements(definition, instance, directions);
  const features: readonly string[] = instance.features ?? definition.features;
  const found: string[] = [];
  for (const [feature, method] of Object.entries(methodOfFeature[definition.kind])) {
    const declared = features.includes(feature);
    const present = typeof (instance as unknown as Record<string, unknown>)[method] === "function";
    if (declared && !present) found.push(`it declares ${feature}, but the instance has no ${method}()`);
    if (present && !declared) found.push(`the instance has ${method}(), but its features do not name ${feature}`);
  }
  return found;
}

const methodOfFeature: Readonly<Record<Exclude<Kind, "bindings">, Readonly<Record<string, string>>>> = {
  state: { TRANSACTIONAL: "transact", QUERY_API: "query" },
  pubsub: { BULK_PUBSUB: "bulkPublish" },
  secretstores: {},
};

function bindingDisagreements(
  definition: Extract<ComponentDefinition, { kind: "bindings" }>,
  instance: InstanceOf["bindings"],
  directions: readonly ("input" | "output")[],
): string[] {
  const found: string[] = [];
  const declared = new Set(definition.binding.operations?.map(({ name }) => name));
  if (directions.includes("input") && !instance.read) found.push("it declares input, but the instance has no read()");
  if (directions.includes("output") && !instance.invoke)
    found.push("it declares output, but the instance has no invoke()");
  if (instance.read && !definition.binding.input) found.push("the instance has read(), but it does not declare input");
  if (instance.invoke && !definition.binding.output)
    found.push("the instance has invoke(), but it does not declare output");
  if (instance.invoke && !instance.operations) found.push("the instance has invoke(), but no operations");
  for (const operation of instance.operations ?? []) {
    if (!declared.has(operation)) found.push(`the instance has the operation ${operation}, which is not declared`);
  }
  return found;
}
