/** A Component as a YAML text. JSON is YAML, so values need no quoting rules. */
export function componentYaml(
  name: string,
  type: string,
  metadata: Readonly<Record<string, string>> = {},
  version = "v1",
): string {
  return JSON.stringify({
    apiVersion: "dapr.io/v1alpha1",
    kind: "Component",
    metadata: { name },
    spec: { type, version, metadata: Object.entries(metadata).map(([key, value]) => ({ name: key, value })) },
  });
}
