import { accessSync, constants, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { ServiceNotRun, type ServiceName } from "./service.ts";

/** The first of these programs on this machine, or `ServiceNotRun` with the fix. */
export function findProgram(service: ServiceName, fix: string, name: string, ...folders: string[]): string {
  const path = (process.env["PATH"] ?? "").split(delimiter);
  for (const folder of [...folders, ...path, "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin"]) {
    const file = join(folder, name);
    if (isExecutable(file)) return file;
  }
  throw new ServiceNotRun(service, fix);
}

/** Where builds and downloads of servers are kept, outside of the tree. */
export function cached(...parts: string[]): string {
  return join(process.env["TRILBY_CACHE"] ?? join(homedir(), ".cache", "trilby"), ...parts);
}

/** Debian keeps PostgreSQL's programs out of PATH, one folder a version. Newest first. */
export function postgresFolders(): string[] {
  const root = "/usr/lib/postgresql";
  return list(root)
    .sort((left, right) => Number(right) - Number(left))
    .map((version) => join(root, version, "bin"));
}

export function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
