import type { Logger } from "@trilby/kit";

import type { HostOptions } from "../options/options.ts";
import type { ComponentResource } from "./component.ts";
import type { Configuration } from "./configuration.ts";
import { loadResources, type ResourceText } from "./load.ts";
import { formatProblem, type Problem } from "./problem.ts";
import { readConfiguration } from "./read-configuration.ts";
import type { SubscriptionResource } from "./subscription.ts";

/** All that the host reads from files at its start. */
export interface Settings {
  readonly configuration: Configuration;
  readonly components: readonly ComponentResource[];
  readonly subscriptions: readonly SubscriptionResource[];
  /** Why resources, or whole documents, are not among them. */
  readonly unread: readonly Problem[];
}

export interface GivenResources {
  /** YAML besides that of the resources' folders. */
  readonly resources?: readonly ResourceText[];
  /** A resource with a mistake ends the start. Absent: it is logged and passed over, as daprd does. */
  readonly strictResources?: boolean;
}

/** Files that keep the host from starting: what daprd says of them, and each problem with its place. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

/** Reads the Configuration and the resources. Logs what is wrong with them; rejects when the host cannot start with it. */
export async function readSettings(
  options: HostOptions,
  environment: Readonly<Record<string, string | undefined>>,
  logger: Logger,
  { resources: texts, strictResources = false }: GivenResources = {},
): Promise<Settings> {
  const { configuration, problems } = await readConfiguration(options.configPaths, {
    ...environment,
    ...ownVariables(options),
  });
  report(problems, "error loading configuration", logger, false);
  const { appId, namespace } = options;
  const resources = await loadResources(options.resourcesPaths, { appId, namespace }, texts);
  for (const passedOver of resources.passedOver) logger.debug(passedOver);
  report(resources.problems, "failed to load components", logger, strictResources);
  const { components, subscriptions } = resources;
  const unread = resources.problems.filter(({ severity }) => severity === "error");
  return { configuration, components, subscriptions, unread };
}

function report(problems: readonly Problem[], failure: string, logger: Logger, strict: boolean): void {
  for (const problem of problems) {
    if (problem.severity === "warning") logger.warn(formatProblem(problem));
    else logger.error(formatProblem(problem));
  }
  const fatal = problems.filter(({ severity }) => severity === "fatal" || (strict && severity === "error"));
  if (fatal.length === 0) return;
  throw new SettingsError(
    `${failure}: ${fatal.map((problem) => problem.summary ?? formatProblem(problem)).join("\n")}`,
  );
}

/** What daprd puts into its own environment, where Configuration files find it. */
function ownVariables({ appId, app, api, metrics }: HostOptions): Record<string, string> {
  return {
    APP_ID: appId,
    APP_PORT: String(app.port ?? 0),
    DAPR_GRPC_PORT: String(api.grpcPort),
    DAPR_HTTP_PORT: String(api.httpPort),
    DAPR_METRICS_PORT: String(metrics.port),
  };
}
