import { durationMs, nearest } from "@trilby/kit";

import type { ComponentAnnotations, ComponentResource, MetadataItem, MetadataValue } from "./component.ts";
import type { Problem } from "./problem.ts";
import { leafText, readMapping, type Reader, treeJson } from "./reader.ts";
import type { Mapping } from "./yaml-tree.ts";

/** A Component and the apps it is for, out of its document. Undefined when something in it cannot be read. */
export function readComponent(
  document: Mapping,
  problems: Problem[],
): { resource: ComponentResource; scopes: readonly string[] } | undefined {
  const found: Problem[] = [];
  const root = readMapping(document, "", found);
  const metadata = root.mapping("metadata");
  const spec = root.mapping("spec");
  const name = readName(metadata, root, found);
  const type = spec?.text("type") ?? "";
  if (spec === undefined) {
    if (!root.has("spec"))
      found.push({ severity: "error", message: "spec is missing: a Component needs spec.type", place: root.place });
  } else if (!spec.has("type")) {
    const message = `incorrect type : component ${name} needs spec.type, for example state.redis`;
    found.push({ severity: "fatal", message, place: spec.place });
  }

  const resource: ComponentResource = {
    name,
    namespace: metadata?.text("namespace") || undefined,
    type,
    version: spec?.text("version") ?? "",
    ignoreErrors: spec?.bool("ignoreErrors", false) ?? false,
    initTimeoutMs: initTimeout(spec, found),
    metadata: spec ? spec.mappings("metadata").map((item) => readItem(item, found)) : [],
    secretStore: root.mapping("auth")?.text("secretStore") || undefined,
    annotations: readAnnotations(metadata, found),
    place: document.place,
    typePlace: spec?.placeOf("type") ?? document.place,
  };
  const scopes = root.texts("scopes");
  root.finish(["apiVersion", "kind"]);
  metadata?.finish([
    "labels",
    "creationTimestamp",
    "generation",
    "resourceVersion",
    "uid",
    "generateName",
    "managedFields",
    "finalizers",
  ]);
  spec?.finish();
  problems.push(...found);
  return found.some((problem) => problem.severity !== "warning") ? undefined : { resource, scopes };
}

/** `metadata.name`, which must do as a part of a path. */
export function readName(metadata: Reader | undefined, root: Reader, problems: Problem[]): string {
  const name = metadata?.text("name") ?? "";
  if (name === "") {
    problems.push({ severity: "error", message: "metadata.name is missing", place: metadata?.place ?? root.place });
  } else if (name === "." || name === ".." || /[/%]/.test(name)) {
    const message = `metadata.name must not be "." or ".." or hold "/" or "%", but is ${JSON.stringify(name)}`;
    problems.push({ severity: "error", message, place: metadata?.placeOf("name") ?? root.place });
  }
  return name;
}

const defaultInitTimeoutMs = 5000;

function initTimeout(spec: Reader | undefined, problems: Problem[]): number {
  const written = spec?.text("initTimeout");
  if (!spec || !written) return defaultInitTimeoutMs;
  let milliseconds = 0;
  try {
    // Timers take whole milliseconds, and at most this many.
    milliseconds = Math.min(Math.ceil(durationMs(written)), 2 ** 31 - 1);
  } catch {
    // Stays 0, which is no duration to wait either.
  }
  if (milliseconds > 0) return milliseconds;
  const message = `spec.initTimeout must be a duration such as 10s or 1m, but is ${JSON.stringify(written)}: 5s is used`;
  problems.push({ severity: "warning", message, place: spec.placeOf("initTimeout") });
  return defaultInitTimeoutMs;
}

function readItem(item: Reader, problems: Problem[]): MetadataItem {
  const name = item.requiredText("name");
  const secret = item.mapping("secretKeyRef");
  const variable = item.text("envRef");
  const place = item.place;
  const given = item.has("value");
  let value: MetadataValue = { kind: "text", text: "" };
  if (secret) {
    const secretName = secret.requiredText("name");
    value = { kind: "secret", name: secretName, key: secret.text("key") || secretName };
    secret.finish();
  } else if (variable && !given) {
    value = { kind: "environment", variable };
  } else {
    value = { kind: "text", text: valueText(item) };
  }
  if (given && (secret || variable)) {
    const other = secret ? "secretKeyRef" : "envRef";
    const wins = secret ? "secretKeyRef" : "value";
    problems.push({ severity: "warning", message: `metadata ${name} has value and ${other}: ${wins} is used`, place });
  }
  item.finish(["value"]);
  return { name, value, place };
}

/** A list or mapping reaches the component as JSON, as it does from daprd. */
function valueText(item: Reader): string {
  const tree = item.tree("value");
  if (tree === undefined) return "";
  return tree.kind === "leaf" ? leafText(tree) : JSON.stringify(treeJson(tree));
}

const ours = "trilby.dev/";
const knownAnnotations = ["placement", "package", "socket"].map((name) => `${ours}${name}`);
const placements = ["in-process", "child", "socket"] as const;

function readAnnotations(metadata: Reader | undefined, problems: Problem[]): ComponentAnnotations {
  const annotations = metadata?.textMap("annotations") ?? {};
  const place = metadata?.placeOf("annotations");
  for (const name of Object.keys(annotations)) {
    if (!name.startsWith(ours) || knownAnnotations.includes(name) || !place) continue;
    const suggestion = nearest(name, knownAnnotations);
    const hint = suggestion === undefined ? `known are ${knownAnnotations.join(", ")}` : `did you mean ${suggestion}?`;
    problems.push({ severity: "warning", message: `annotation ${name} is not known; ${hint}`, place });
  }
  const written = annotations["trilby.dev/placement"];
  const placement = placements.find((each) => each === written);
  if (written !== undefined && placement === undefined && place) {
    const message = `annotation trilby.dev/placement must be in-process, child or socket, but is ${JSON.stringify(written)}`;
    problems.push({ severity: "error", message, place });
  }
  return {
    placement,
    package: annotations["trilby.dev/package"] || undefined,
    socket: annotations["trilby.dev/socket"] || undefined,
  };
}
