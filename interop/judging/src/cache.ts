import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** A judge, or what it judges with, cannot be had on this machine. */
export class NotBuilt extends Error {
  override name = "NotBuilt";
}

/** What is built once a machine: outside of the tree, so that it outlives a checkout. */
export function cacheFolder(...names: string[]): string {
  const folder = join(process.env["TRILBY_CACHE"] || join(homedir(), ".cache", "trilby"), ...names);
  mkdirSync(folder, { recursive: true });
  return folder;
}
