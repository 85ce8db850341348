import { readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";

import { type ComponentResource, logName } from "./component.ts";
import { formatPlace, type Place } from "./place.ts";
import type { Problem } from "./problem.ts";
import { readComponent } from "./read-component.ts";
import { readSubscription } from "./read-subscription.ts";
import type { SubscriptionResource } from "./subscription.ts";
import { entryOf, type Mapping, parseYaml, type Tree } from "./yaml-tree.ts";

export interface LoadedResources {
  /** In the order of folders, file names and documents. */
  readonly components: readonly ComponentResource[];
  readonly subscriptions: readonly SubscriptionResource[];
  readonly problems: readonly Problem[];
  /** Things worth a debug line: documents that are none of ours. */
  readonly passedOver: readonly string[];
}

/** The text of a YAML file that need not be there: its name says where paths in it begin, and stands in messages. */
export interface ResourceText {
  readonly file: string;
  readonly text: string;
}

export interface ResourceFilter {
  readonly appId: string;
  /** Absent: namespaces do not count. */
  readonly namespace: string | undefined;
}

/**
 * Reads the given texts and every `*.yaml` and `*.yml` directly in each folder, and keeps what is for this app. Nothing in a
 * file throws: what is wrong comes out as problems, and the documents around it are read all the same.
 */
export async function loadResources(
  folders: readonly string[],
  filter: ResourceFilter,
  texts: readonly ResourceText[] = [],
): Promise<LoadedResources> {
  const gathered: Gathered = { components: new Map(), subscriptions: [], problems: [], passedOver: [] };
  const take = async ({ file, text }: ResourceText): Promise<void> => {
    for (const { tree, problems } of await parseYaml(file, text)) {
      gathered.problems.push(...problems);
      if (tree?.kind === "mapping") takeDocument(tree, filter, gathered);
      else if (tree !== undefined) gathered.problems.push(noMapping(tree));
    }
  };
  for (const each of texts) await take(each);
  for (const folder of folders) {
    for (const file of listFiles(folder, gathered)) {
      const text = readText(file, gathered.problems);
      if (text !== undefined) await take({ file, text });
    }
  }
  return { ...gathered, components: [...gathered.components.values()] };
}

function noMapping({ kind, place }: Tree): Problem {
  const what = kind === "sequence" ? "a list" : "a text";
  const message = `the document is ${what} and holds no resource; write apiVersion, kind, metadata and spec, each on a line of its own`;
  return { severity: "error", message, place };
}

interface Gathered {
  readonly components: Map<string, ComponentResource>;
  readonly subscriptions: SubscriptionResource[];
  readonly problems: Problem[];
  readonly passedOver: string[];
}

/** At once: Node's module for reading files in the background takes longer to load than these take to read. */
function listFiles(folder: string, { problems, passedOver }: Gathered): string[] {
  const place: Place = { file: folder, line: 1, column: 1 };
  let names: string[];
  try {
    names = readdirSync(folder).sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const cause = code === "ENOENT" ? "no such folder" : code === "ENOTDIR" ? "it is a file, not a folder" : message;
    problems.push({
      severity: "fatal",
      message: `resources cannot be read: ${cause}; correct --resources-path`,
      place,
    });
    return [];
  }
  const files: string[] = [];
  for (const name of names) {
    const path = join(folder, name);
    if (isFolder(path)) continue;
    if ([".yaml", ".yml"].includes(extname(name).toLowerCase())) files.push(path);
    else passedOver.push(`${path} is no YAML file and is not loaded`);
  }
  return files;
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function readText(file: string, problems: Problem[]): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    problems.push({
      severity: "error",
      message: `the file cannot be read: ${(error as Error).message}`,
      place: { file, line: 1, column: 1 },
    });
    return undefined;
  }
}

/** Kinds that daprd reads and this version does not. */
const lacking: Readonly<Record<string, string>> = {
  Resiliency: "resiliency policies",
  HTTPEndpoint: "service invocation",
  MCPServer: "MCP servers",
  WorkflowAccessPolicy: "workflows",
};

function takeDocument(document: Mapping, filter: ResourceFilter, gathered: Gathered): void {
  const apiVersion = textOf(document, "apiVersion");
  const kind = textOf(document, "kind");
  if (kind === "Component" && apiVersion === "dapr.io/v1alpha1") return takeComponent(document, filter, gathered);
  if (kind === "Subscription" && (apiVersion === "dapr.io/v1alpha1" || apiVersion === "dapr.io/v2alpha1")) {
    const read = readSubscription(document, apiVersion, gathered.problems);
    if (read && inNamespace(read.namespace, filter) && inScope(read.scopes, filter))
      gathered.subscriptions.push(read.resource);
    return;
  }
  const place = document.place;
  const ours = apiVersion?.startsWith("dapr.io/") ?? false;
  if (ours && kind === "Configuration") {
    gathered.problems.push({
      severity: "warning",
      message: "a Configuration is read only from --config, not from a resources folder",
      place,
    });
  } else if (ours && kind && lacking[kind]) {
    gathered.problems.push({
      severity: "warning",
      message: `kind ${kind} has no effect, because this version has no ${lacking[kind]}`,
      place,
    });
  } else if (kind === "Component" || kind === "Subscription") {
    const wanted = kind === "Component" ? "dapr.io/v1alpha1" : "dapr.io/v1alpha1 or dapr.io/v2alpha1";
    const written = apiVersion === undefined ? "is missing" : `is ${apiVersion}`;
    gathered.problems.push({
      severity: "warning",
      message: `a ${kind} that is not loaded: apiVersion ${written}; write ${wanted}`,
      place,
    });
  } else {
    gathered.passedOver.push(
      `${formatPlace(place)}: a document of kind ${kind ?? "(none)"}, apiVersion ${apiVersion ?? "(none)"} is not for this host`,
    );
  }
}

function takeComponent(document: Mapping, filter: ResourceFilter, { components, problems }: Gathered): void {
  // Only those for this app may stop it or fill its log.
  const found: Problem[] = [];
  const read = readComponent(document, found);
  if (!read) {
    problems.push(...found);
    return;
  }
  const { resource, scopes } = read;
  if (!inNamespace(resource.namespace, filter)) return;
  const other = components.get(resource.name);
  if (other !== undefined) {
    const message = `duplicate definition of Component name ${logName(resource)} with existing ${logName(other)}`;
    problems.push({
      severity: "fatal",
      message: `${message}, which stands at ${formatPlace(other.place)}`,
      place: resource.place,
      summary: message,
    });
    return;
  }
  if (!inScope(scopes, filter)) return;
  problems.push(...found);
  components.set(resource.name, resource);
}

function inNamespace(namespace: string | undefined, filter: ResourceFilter): boolean {
  return filter.namespace === undefined || namespace === undefined || namespace === filter.namespace;
}

function inScope(scopes: readonly string[], filter: ResourceFilter): boolean {
  return scopes.length === 0 || scopes.includes(filter.appId);
}

function textOf(document: Mapping, key: string): string | undefined {
  const value = entryOf(document, key)?.value;
  return value?.kind === "leaf" && typeof value.value === "string" ? value.value : undefined;
}
