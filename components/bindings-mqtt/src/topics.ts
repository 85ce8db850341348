import { ComponentError } from "@trilby/kit";

/** Brokers hang up on a client that publishes to a filter: refuse it before they do. */
export function checkPublishTopic(topic: string): void {
  const problem = textProblem(topic) ?? (/[+#]/.test(topic) ? "it holds a wildcard" : undefined);
  const shared = topic.startsWith("$share/") ? "it is a shared subscription" : problem;
  if (shared === undefined) return;
  const shown = JSON.stringify(topic.length > 60 ? `${topic.slice(0, 60)}...` : topic);
  throw new ComponentError(
    "invalid-argument",
    `cannot publish to ${shown}: ${shared}; name a topic in the metadata of the request`,
  );
}

/** Undefined: none. */
export function filterProblem(filter: string): string | undefined {
  const problem = textProblem(filter) ?? sharedProblem(filter) ?? wildcardProblem(filter);
  return problem === undefined ? undefined : `topic is not a topic filter: ${problem}`;
}

function textProblem(topic: string): string | undefined {
  if (topic === "") return "it is empty";
  if (Buffer.byteLength(topic) > 65_535) return "it is longer than 65535 bytes";
  return topic.includes("\0") || !topic.isWellFormed() ? "it holds characters that MQTT does not allow" : undefined;
}

function sharedProblem(filter: string): string | undefined {
  if (!filter.startsWith("$share/")) return undefined;
  const [, group = "", ...rest] = filter.split("/");
  if (group === "" || /[+#]/.test(group))
    return "the group of a shared subscription must be a name: $share/GROUP/TOPIC";
  return rest.join("/") === "" ? "a shared subscription needs a topic: $share/GROUP/TOPIC" : undefined;
}

function wildcardProblem(filter: string): string | undefined {
  const levels = filter.split("/");
  for (const [index, level] of levels.entries()) {
    if (level.includes("+") && level !== "+") return "+ must stand alone between slashes";
    if (level.includes("#") && (level !== "#" || index !== levels.length - 1)) return "# must stand alone at the end";
  }
  return undefined;
}
