import { readFileSync } from "node:fs";

import {
  type ApiRule,
  type Configuration,
  defaultConfiguration,
  type MetricsConfiguration,
  type SecretScope,
} from "./configuration.ts";
import { expandEnvironment } from "./expand-environment.ts";
import { formatPlace } from "./place.ts";
import type { Problem } from "./problem.ts";
import { readMapping, type Reader } from "./reader.ts";
import { entryOf, type Mapping, parseYaml, type Tree } from "./yaml-tree.ts";

export interface ReadConfiguration {
  readonly configuration: Configuration;
  readonly problems: readonly Problem[];
}

/**
 * Reads and merges Configuration files, later ones over earlier ones; lists replace each other whole. A file that is not
 * there or cannot be read is a fatal problem, as for daprd.
 */
export async function readConfiguration(
  paths: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<ReadConfiguration> {
  const problems: Problem[] = [];
  let merged: Mapping | undefined;
  for (const path of paths) {
    const tree = await readFileTree(path, environment, problems);
    if (tree) merged = merged === undefined ? tree : merge(merged, tree);
  }
  if (merged === undefined) return { configuration: defaultConfiguration, problems };
  const configuration = decode(merged, problems);
  return {
    configuration,
    problems: problems.map((problem) => (problem.severity === "error" ? { ...problem, severity: "fatal" } : problem)),
  };
}

async function readFileTree(
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
  problems: Problem[],
): Promise<Mapping | undefined> {
  const place = { file: path, line: 1, column: 1 };
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const cause = (error as NodeJS.ErrnoException).code === "ENOENT" ? "no such file" : (error as Error).message;
    problems.push({
      severity: "error",
      message: `the configuration file cannot be read: ${cause}; correct --config`,
      place,
    });
    return undefined;
  }
  const documents = await parseYaml(path, expandEnvironment(text, environment));
  problems.push(...documents.flatMap((document) => document.problems));
  const mappings = documents.flatMap(({ tree }) => (tree?.kind === "mapping" ? [tree] : []));
  const configurations = mappings.filter((mapping) => kindOf(mapping) === "Configuration");
  const [first, second] = configurations.length > 0 ? configurations : mappings;
  if (first === undefined) {
    if (documents.every((document) => document.problems.length === 0)) {
      problems.push({ severity: "warning", message: "the file holds no Configuration", place });
    }
    return undefined;
  }
  if (kindOf(first) !== "Configuration") {
    problems.push({
      severity: "warning",
      message: "kind is not Configuration; the file is read as one because --config names it",
      place: first.place,
    });
  }
  if (second !== undefined) {
    problems.push({
      severity: "warning",
      message: "only the first Configuration of a file counts; this one is passed over",
      place: second.place,
    });
  }
  return first;
}

function kindOf(mapping: Mapping): unknown {
  const kind = entryOf(mapping, "kind")?.value;
  return kind?.kind === "leaf" ? kind.value : undefined;
}

function merge(older: Mapping, newer: Mapping): Mapping {
  const entries = new Map(older.entries);
  for (const [key, entry] of newer.entries) {
    const before = entries.get(key)?.value;
    const value: Tree =
      before?.kind === "mapping" && entry.value.kind === "mapping" ? merge(before, entry.value) : entry.value;
    entries.set(key, { keyPlace: entry.keyPlace, value });
  }
  return { kind: "mapping", place: newer.place, entries };
}

/** Sections that daprd reads and this version does not. */
const lacking: Readonly<Record<string, string>> = {
  httpPipeline: "HTTP middleware",
  appHttpPipeline: "HTTP middleware",
  tracing: "tracing",
  mtls: "mTLS",
  accessControl: "service invocation",
  nameResolution: "service invocation",
  wasm: "wasm middleware",
  workflow: "workflows",
};

function decode(root: Mapping, problems: Problem[]): Configuration {
  const reader = readMapping(root, "", problems);
  const spec = reader.mapping("spec");
  reader.finish(["apiVersion", "kind", "metadata"]);
  if (spec === undefined) return defaultConfiguration;
  const api = spec.mapping("api");
  const components = spec.mapping("components");
  const secrets = spec.mapping("secrets");
  const apiLogging = spec.mapping("logging")?.mapping("apiLogging");
  const configuration: Configuration = {
    api: { allowed: readRules(api, "allowed", problems), denied: readRules(api, "denied", problems) },
    deniedComponents: components?.texts("deny").filter((entry) => entry !== "") ?? [],
    secretScopes: readScopes(secrets, problems),
    apiLogging: {
      enabled: apiLogging?.bool("enabled", false) ?? false,
      obfuscateUrls: apiLogging?.bool("obfuscateURLs", false) ?? false,
      omitHealthChecks: apiLogging?.bool("omitHealthChecks", false) ?? false,
    },
    metrics: readMetrics(spec.mapping("metrics") ?? spec.mapping("metric")),
    features: spec
      .mappings("features")
      .map((feature) => ({ name: feature.requiredText("name"), enabled: feature.bool("enabled", false) })),
  };
  for (const section of [api, components, secrets, apiLogging]) section?.finish();
  for (const [section, capability] of Object.entries(lacking)) {
    if (!spec.has(section)) continue;
    const message = `spec.${section} has no effect, because this version has no ${capability}`;
    problems.push({ severity: "warning", message, place: spec.keyPlaceOf(section) });
  }
  spec.finish(["metric"]);
  return configuration;
}

function readRules(api: Reader | undefined, list: "allowed" | "denied", problems: Problem[]): ApiRule[] {
  return (api?.mappings(list) ?? []).map((rule) => {
    const name = rule.requiredText("name");
    const version = rule.requiredText("version");
    const protocol = (rule.text("protocol") ?? "").toLowerCase();
    if (protocol !== "http" && protocol !== "grpc") {
      const message = `spec.api.${list}: protocol must be http or grpc, but is ${JSON.stringify(protocol)}`;
      problems.push({ severity: "error", message, place: rule.placeOf("protocol") });
    }
    rule.finish();
    return { name, version, protocol: protocol === "grpc" ? "grpc" : "http" };
  });
}

function readScopes(secrets: Reader | undefined, problems: Problem[]): SecretScope[] {
  const byStore = new Map<string, SecretScope>();
  for (const scope of secrets?.mappings("scopes") ?? []) {
    const storeName = scope.requiredText("storeName");
    const access = (scope.text("defaultAccess") || "allow").toLowerCase();
    const other = byStore.get(storeName);
    if (other) {
      const message = `${storeName} storeName is repeated in secrets configuration; the first stands at ${formatPlace(other.place)}`;
      problems.push({ severity: "error", message, place: scope.place });
    }
    if (access !== "allow" && access !== "deny") {
      problems.push({
        severity: "error",
        message: `defaultAccess ${access} can be either allow or deny`,
        place: scope.placeOf("defaultAccess"),
      });
    }
    byStore.set(storeName, {
      storeName,
      defaultAccess: access === "deny" ? "deny" : "allow",
      allowedSecrets: scope.texts("allowedSecrets"),
      deniedSecrets: scope.texts("deniedSecrets"),
      place: scope.place,
    });
    scope.finish();
  }
  return [...byStore.values()];
}

function readMetrics(metrics: Reader | undefined): MetricsConfiguration {
  const defaults = defaultConfiguration.metrics;
  if (metrics === undefined) return defaults;
  const http = metrics.mapping("http");
  const read: MetricsConfiguration = {
    enabled: metrics.bool("enabled", true),
    recordErrorCodes: metrics.bool("recordErrorCodes", false),
    http: {
      increasedCardinality: http?.bool("increasedCardinality", true) ?? true,
      pathMatching: http?.texts("pathMatching") ?? [],
      excludeVerbs: http?.bool("excludeVerbs", false) ?? false,
    },
    latencyDistributionBuckets: metrics.numbers("latencyDistributionBuckets"),
  };
  http?.finish();
  metrics.finish(["rules", "workflow"]);
  return read;
}
