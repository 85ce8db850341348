import type { Logger, Placement } from "@trilby/kit";

import type { Metrics } from "../observability/metrics.ts";
import { type ComponentResource, logName } from "../resources/component.ts";
import { formatPlace } from "../resources/place.ts";
import { ComponentStartError, startFailure } from "./component-start-error.ts";
import { readType } from "./component-type.ts";
import { type GivenComponent, resourceOf } from "./given-component.ts";
import { createRegistry } from "./live-registry.ts";
import { LoadingComponent, type LoadingSettings } from "./loading-component.ts";
import { installedPackages } from "./packages/installed-packages.ts";
import type { ComponentRegistry } from "./registry.ts";

export interface ComponentsSettings {
  readonly appId: string;
  readonly namespace: string | undefined;
  readonly envKeys: readonly string[] | undefined;
  readonly socketsFolder: string;
  /** Where packages are looked for after the resource's own folder. Absent: the working directory. */
  readonly packageRoot?: string | undefined;
  /** Of components that do not say themselves. */
  readonly placement: Placement | undefined;
  /** `type` or `type/version` of components that must not be loaded. */
  readonly denied: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
  /** For what components say themselves. */
  readonly componentLogger: Logger;
  /** What child processes are to log. */
  readonly logLevel: string;
  readonly metrics: Pick<Metrics, "componentLoaded" | "componentInit" | "componentInitFailed">;
}

export interface Components {
  readonly registry: ComponentRegistry;
  /**
   * Starts all: secret stores first, then everything else side by side, each with its own time limit. Resolves when each
   * one is ready, is tried again in the background (`ignoreErrors`), or waits for a secret store. Rejects with
   * `ComponentStartError` as soon as one fails that must not.
   */
  load(resources: readonly ComponentResource[], given?: readonly GivenComponent[]): Promise<void>;
  /** Closes all side by side, secret stores last. Resolves after `timeoutMs` at the latest. */
  close(timeoutMs: number): Promise<void>;
}

export function createComponents(settings: ComponentsSettings): Components {
  const registry = createRegistry();
  const all: LoadingComponent[] = [];
  const shared: LoadingSettings = {
    ...settings,
    registry,
    packages: installedPackages(),
    async onReady({ kind, resource }, late) {
      if (kind !== "secretstores") return;
      const waiting = all.filter((each) => each.waitsFor === resource.name);
      await Promise.all(waiting.map((each) => (late ? startOrReport(each) : each.start())));
    },
  };
  // A store that came late starts what waited for it. A failure then is logged and seen in health, and ends nothing.
  const startOrReport = (component: LoadingComponent): Promise<void> =>
    component.start().catch((error: Error) => settings.logger.error(error.message));
  const startWave = async (wave: readonly LoadingComponent[]): Promise<void> => {
    const stores = new Set(all.flatMap(({ kind, resource }) => (kind === "secretstores" ? [resource.name] : [])));
    await Promise.all(wave.filter((each) => !each.park(stores)).map((each) => each.start()));
  };

  return {
    registry,
    async load(resources, given = []) {
      for (const each of given) all.push(new LoadingComponent(resourceOf(each), shared, each));
      for (const resource of resources)
        if (isAdmitted(resource, settings)) all.push(new LoadingComponent(resource, shared));
      for (const _ of all) settings.metrics.componentLoaded();
      const stores = all.filter(({ kind }) => kind === "secretstores");
      const others = all.filter(({ kind }) => kind !== "secretstores");
      await startWave(stores);
      await startWave(others);
    },
    async close(timeoutMs) {
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, timeoutMs);
      const closeAll = (stores: boolean) =>
        Promise.all(all.filter(({ kind }) => (kind === "secretstores") === stores).map((each) => each.close()));
      await Promise.race([closeAll(false).then(() => closeAll(true)), late]);
      clearTimeout(timer);
    },
  };
}

function isAdmitted(resource: ComponentResource, { denied, logger }: ComponentsSettings): boolean {
  const type = readType(resource.type);
  if (type.support === "unknown") {
    const cause = new Error(`incorrect type ${resource.type}; write for example state.redis`);
    if (!resource.ignoreErrors) throw new ComponentStartError(resource, cause);
    logger.error(startFailure(resource, cause));
    return false;
  }
  if (isDenied(resource, denied)) {
    logger.warn(
      `component '${resource.name}' cannot be loaded because components of type '${logName(resource)}' are not allowed`,
    );
    return false;
  }
  if (type.support === "yes") return true;
  const place = formatPlace(resource.place);
  logger.warn(`${place}: component ${logName(resource)} has no effect, because this version has no ${type.capability}`);
  return false;
}

/** daprd's rule: where anything is denied, a component must say its version. */
function isDenied({ type, version }: ComponentResource, denied: readonly string[]): boolean {
  return denied.length > 0 && (version === "" || denied.includes(type) || denied.includes(`${type}/${version}`));
}
