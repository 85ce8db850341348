import { type Kind, nearest, type Placement } from "@trilby/kit";
import type { ManifestEntry } from "@trilby/kit/manifest";
import { dirname, resolve as resolvePath } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import type { ComponentResource } from "../resources/component.ts";
import { formatPlace } from "../resources/place.ts";
import { kindNoun, normalVersion, readType } from "./component-type.ts";
import { type InstalledPackages, isPath } from "./packages/installed-packages.ts";
import { knownPackages } from "./packages/known-packages.ts";
import type { ComponentPackage } from "./packages/manifest.ts";
import { findSocket, type FoundSocket, probeSocket } from "./sockets/find-socket.ts";

/** Where a component comes from and where it is to run. */
export type Resolution =
  | { readonly placement: "socket"; readonly path: string }
  | { readonly placement: Placement; readonly package: ComponentPackage; readonly entry: ManifestEntry };

export interface ResolveSettings {
  readonly packages: InstalledPackages;
  readonly socketsFolder: string;
  /** Of components that do not say themselves. */
  readonly placement: Placement | undefined;
  /** Where to look for packages after the resource's own folder. */
  readonly roots: readonly string[];
  /** Socket that is there but cannot be used, although a package can. */
  readonly onUnusableSocket: (path: string, reason: string) => void;
}

const probeTimeoutMs = 2000;
const searchPauseMs = 100;

/**
 * Finds what serves a component: what its annotations name, else a live socket of that name, else an installed package.
 * Throws an Error that says what was looked for, where, and what to do.
 */
export async function resolveComponent(resource: ComponentResource, settings: ResolveSettings): Promise<Resolution> {
  const type = readType(resource.type);
  if (type.support !== "yes") throw new Error(`incorrect type ${resource.type}`);
  const { annotations } = resource;
  const folder = dirname(resolvePath(resource.place.file));
  if (annotations.socket !== undefined)
    return socketByPath(resource, type.kind, resolvePath(folder, annotations.socket));
  if (annotations.package !== undefined) return packageByName(resource, folder, annotations.package, settings);

  if (annotations.placement === "socket") return awaitSocket(resource, type, settings.socketsFolder);

  const mayBeSocket = annotations.placement === undefined && normalVersion(resource.version) === "v1";
  const socket: FoundSocket = mayBeSocket
    ? await findSocket(settings.socketsFolder, type.kind, type.name, probeTimeoutMs)
    : { status: "none" };
  if (socket.status === "live") return { placement: "socket", path: socket.path };

  const { found, seen } = await findPackage(resource, [folder, ...settings.roots], settings.packages);
  if (found) {
    if (socket.status === "unusable") settings.onUnusableSocket(socket.path, socket.reason);
    return placed(resource, found, settings);
  }
  const socketHint = socket.status === "unusable" ? `; the socket ${socket.path} cannot be used: ${socket.reason}` : "";
  throw new Error(
    `${notFound(resource, type.kind)}: no installed package and no live socket provides it${socketHint}${advice(resource, seen)}`,
  );
}

/** Waits for it: processes that start side by side come up in any order. */
async function awaitSocket(
  resource: ComponentResource,
  { kind, name }: { readonly kind: Kind; readonly name: string },
  folder: string,
): Promise<Resolution> {
  const deadline = performance.now() + resource.initTimeoutMs;
  for (;;) {
    const remainingMs = Math.max(1, deadline - performance.now());
    const found = await findSocket(folder, kind, name, Math.min(probeTimeoutMs, remainingMs));
    if (found.status === "live") return { placement: "socket", path: found.path };
    if (performance.now() + searchPauseMs >= deadline) {
      const why =
        found.status === "unusable" ? `${found.path}: ${found.reason}` : `no socket ${name}.sock in ${folder}`;
      throw new Error(
        `${notFound(resource, kind)}: ${why}; start the component's process, or set DAPR_COMPONENTS_SOCKETS_FOLDER`,
      );
    }
    await delay(searchPauseMs);
  }
}

type FoundPackage = { readonly package: ComponentPackage; readonly entry: ManifestEntry };

async function socketByPath(resource: ComponentResource, kind: Kind, path: string): Promise<Resolution> {
  const found = await probeSocket(path, kind, Math.min(probeTimeoutMs, resource.initTimeoutMs));
  if (found.status === "live") return { placement: "socket", path };
  const reason = found.status === "unusable" ? found.reason : "there is no such socket";
  throw new Error(
    `the socket ${path} of annotation trilby.dev/socket cannot be used: ${reason}; start the component's process or correct the path`,
  );
}

async function packageByName(
  resource: ComponentResource,
  folder: string,
  name: string,
  settings: ResolveSettings,
): Promise<Resolution> {
  for (const root of [folder, ...settings.roots]) {
    const found = await settings.packages.find(root, name);
    if (found === undefined) continue;
    const entry = found.entries.find((each) => matches(each, resource));
    if (entry) return placed(resource, { package: found, entry }, settings);
    const has = found.entries.map((each) => `${each.type} ${each.version}`).join(", ");
    throw new Error(
      `the package ${name} of annotation trilby.dev/package has no ${resource.type} ${normalVersion(resource.version)}; it has ${has}`,
    );
  }
  const fix = isPath(name) ? "correct the path" : `run npm i ${name}`;
  throw new Error(
    `the package ${name} of annotation trilby.dev/package is not installed, or is no component package; ${fix}`,
  );
}

function placed(resource: ComponentResource, found: FoundPackage, settings: ResolveSettings): Resolution {
  const { placement } = resource.annotations;
  if (placement === "socket") {
    throw new Error(
      `annotation trilby.dev/placement is socket, but ${found.package.name} is a package: write in-process or child`,
    );
  }
  return {
    ...found,
    placement: placement ?? settings.placement ?? (found.entry.placement === "in-process" ? "in-process" : "child"),
  };
}

async function findPackage(
  resource: ComponentResource,
  roots: readonly string[],
  packages: InstalledPackages,
): Promise<{ found: FoundPackage | undefined; seen: readonly ManifestEntry[] }> {
  const seen: ManifestEntry[] = [];
  let found: FoundPackage | undefined;
  for (const root of new Set(roots.map((each) => resolvePath(each)))) {
    await packages.search(root, (each) => {
      seen.push(...each.entries);
      const entry = each.entries.find((candidate) => matches(candidate, resource));
      if (entry) found = { package: each, entry };
      return found !== undefined;
    });
    if (found) break;
  }
  return { found, seen };
}

function matches(entry: ManifestEntry, resource: ComponentResource): boolean {
  return isType(entry, resource.type) && normalVersion(entry.version ?? "") === normalVersion(resource.version);
}

function isType(entry: ManifestEntry, type: string): boolean {
  return [entry.type, ...(entry.aliases ?? [])].some((name) => name.toLowerCase() === type.toLowerCase());
}

/** In daprd's words, where tools look for them. */
function notFound(resource: ComponentResource, kind: Kind): string {
  return `couldn't find ${kindNoun[kind]} ${resource.type}/${normalVersion(resource.version)}`;
}

function advice(resource: ComponentResource, seen: readonly ManifestEntry[]): string {
  const otherVersions = [
    ...new Set(seen.filter((entry) => isType(entry, resource.type)).map((entry) => entry.version)),
  ];
  if (otherVersions.length > 0) return `; installed versions of ${resource.type}: ${otherVersions.join(", ")}`;
  const type = resource.type.toLowerCase();
  const toInstall = knownPackages[type];
  if (toInstall !== undefined) return `; run npm i ${toInstall}`;
  const installed = seen.flatMap((entry) => [entry.type, ...(entry.aliases ?? [])]);
  const suggestion = nearest(type, [...installed, ...Object.keys(knownPackages)]);
  if (suggestion === undefined)
    return `; install a package that has it, or correct spec.type at ${formatPlace(resource.typePlace)}`;
  const known = installed.includes(suggestion) ? undefined : knownPackages[suggestion];
  return `; did you mean ${suggestion}?${known === undefined ? "" : ` Its package is ${known}`}`;
}
