/** What is derived from a declaration: for packages, editors, docs and Dapr's tools. Not needed to run a component. */
export { componentMetadata, type ComponentMetadata } from "./component-metadata.ts";
export { componentSchema } from "./component-schema.ts";
export { fieldTable } from "./field-table.ts";
export {
  checkManifest,
  isDefinition,
  manifestEntry,
  type ManifestEntry,
  type TrilbyManifest,
} from "./manifest-entry.ts";
