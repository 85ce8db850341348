import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";

/** The Dapr release whose API and behaviour this host shows; what SDKs and tools are told. */
export const daprVersion = "1.18.3";

/** The version of this package. */
export function hostVersion(): string {
  const manifest = JSON.parse(readFileSync(findPackageJSON(import.meta.url)!, "utf8")) as {
    version: string;
  };
  return manifest.version;
}
