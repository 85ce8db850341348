import type { Kind, Logger, Placement } from "@trilby/kit";
import { fileURLToPath } from "node:url";

import type { ComponentResource } from "../../resources/component.ts";
import type { InstalledPackages } from "../packages/installed-packages.ts";
import { loadDefinition } from "../packages/load-definition.ts";
import { packageEntry } from "../packages/package-entry.ts";
import { resolveComponent } from "../resolve.ts";
import type { Opener, OpenerSettings } from "./backing.ts";
import { inProcess } from "./in-process.ts";

export interface OpenerEnvironment {
  readonly packages: InstalledPackages;
  readonly socketsFolder: string;
  readonly packageRoot?: string | undefined;
  readonly placement: Placement | undefined;
  readonly logger: Logger;
  readonly componentLogger: Logger;
  readonly logLevel: string;
}

export interface ChosenOpener {
  readonly placement: "in-process" | "child" | "socket";
  readonly open: Opener;
}

/** Finds a component and the way to open it where it is to run. */
export async function chooseOpener(
  resource: ComponentResource,
  kind: Kind,
  settings: OpenerSettings,
  environment: OpenerEnvironment,
): Promise<ChosenOpener> {
  const { packages, socketsFolder, packageRoot = process.cwd(), placement, logger } = environment;
  const { componentLogger, logLevel } = environment;
  const resolution = await resolveComponent(resource, {
    packages,
    socketsFolder,
    placement,
    roots: [packageRoot, fileURLToPath(new URL(".", import.meta.url))],
    onUnusableSocket: (path, reason) =>
      logger.warn(`the socket ${path} is passed over for component ${resource.name}: ${reason}`),
  });
  if (resolution.placement === "socket") {
    const { overSocket } = await import("./over-socket.ts");
    return { placement: "socket", open: overSocket(resolution.path, kind, settings) };
  }
  const entryUrl = packageEntry(resolution.package);
  if (resolution.placement === "in-process") {
    const open = inProcess(() => loadDefinition(entryUrl, resolution.entry), settings, componentLogger);
    return { placement: "in-process", open };
  }
  const { inChild } = await import("./in-child.ts");
  const { type, version } = resolution.entry;
  const child = { entryUrl, type, version, logger: componentLogger, logLevel };
  return { placement: "child", open: inChild(child, kind, settings) };
}
