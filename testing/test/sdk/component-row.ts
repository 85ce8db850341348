/** A component as a row of the table: its Component resource, and the package it comes from. */
export interface ComponentRow {
  readonly name: string;
  readonly type: string;
  readonly version?: string;
  /** Folder of its package below `components`. */
  readonly package: string;
  readonly properties?: Readonly<Record<string, string>>;
}

/** The Component resource of a row. */
export function yamlOf(
  { name, type, version = "v1", properties = {} }: ComponentRow,
  annotations: Readonly<Record<string, string>> = {},
): string {
  const metadata = Object.entries(properties).map(([key, value]) => ({ name: key, value }));
  return [
    "apiVersion: dapr.io/v1alpha1",
    "kind: Component",
    `metadata: ${JSON.stringify({ name, annotations })}`,
    `spec: ${JSON.stringify({ type, version, metadata, initTimeout: "20s" })}`,
    "",
  ].join("\n");
}
