import type { ComponentDefinition } from "@trilby/kit";

/** Bindings have no features in Dapr's protocol; cases treat their halves as such. */
export const halves = { input: "INPUT", output: "OUTPUT" } as const;

export function featuresOf(definition: ComponentDefinition, features?: readonly string[]): readonly string[] {
  if (definition.kind !== "bindings") return features ?? definition.features;
  const { input = false, output = false } = definition.binding;
  return [...(input ? [halves.input] : []), ...(output ? [halves.output] : [])];
}
