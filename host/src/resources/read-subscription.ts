import type { Problem } from "./problem.ts";
import { readName } from "./read-component.ts";
import { readMapping, type Reader } from "./reader.ts";
import type { BulkSubscribe, SubscriptionResource, SubscriptionRoutes } from "./subscription.ts";
import type { Mapping } from "./yaml-tree.ts";

/** A Subscription and the apps it is for, out of its document. Undefined when something in it cannot be read. */
export function readSubscription(
  document: Mapping,
  apiVersion: SubscriptionResource["apiVersion"],
  problems: Problem[],
): { resource: SubscriptionResource; scopes: readonly string[]; namespace: string | undefined } | undefined {
  const found: Problem[] = [];
  const root = readMapping(document, "", found);
  const metadata = root.mapping("metadata");
  const spec = root.mapping("spec");
  if (!root.has("spec")) found.push({ severity: "error", message: "spec is missing", place: root.place });
  const resource: SubscriptionResource = {
    name: readName(metadata, root, found),
    apiVersion,
    pubsubName: spec?.requiredText("pubsubname") ?? "",
    topic: spec?.requiredText("topic") ?? "",
    metadata: spec?.textMap("metadata") ?? {},
    routes: apiVersion === "dapr.io/v1alpha1" ? singleRoute(spec) : readRoutes(spec),
    deadLetterTopic: spec?.text("deadLetterTopic") || undefined,
    bulkSubscribe: readBulk(spec?.mapping("bulkSubscribe")),
    place: document.place,
  };
  const scopes = root.texts("scopes");
  const namespace = metadata?.text("namespace") || undefined;
  root.finish(["apiVersion", "kind"]);
  spec?.finish();
  problems.push(...found);
  return found.some((problem) => problem.severity !== "warning") ? undefined : { resource, scopes, namespace };
}

function singleRoute(spec: Reader | undefined): SubscriptionRoutes {
  return { rules: [], default: spec?.text("route") || undefined };
}

function readRoutes(spec: Reader | undefined): SubscriptionRoutes {
  const routes = spec?.mapping("routes");
  const rules = (routes?.mappings("rules") ?? []).map((rule) => {
    const read = { match: rule.text("match") ?? "", path: rule.requiredText("path") };
    rule.finish();
    return read;
  });
  const byDefault = routes?.text("default") || undefined;
  routes?.finish();
  return { rules, default: byDefault };
}

function readBulk(bulk: Reader | undefined): BulkSubscribe | undefined {
  if (bulk === undefined) return undefined;
  const read: BulkSubscribe = {
    enabled: bulk.bool("enabled", false),
    maxMessagesCount: bulk.integer("maxMessagesCount") || undefined,
    maxAwaitDurationMs: bulk.integer("maxAwaitDurationMs") || undefined,
  };
  bulk.finish();
  return read;
}
