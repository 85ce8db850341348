export interface HttpPathOptions {
  /** The real path as label; else only paths that a pattern or a fixed list knows, all others as "". */
  readonly increasedCardinality: boolean;
  /** Patterns such as `/orders/{id}`; `{rest...}` and a trailing slash take what follows. */
  readonly pathMatching: readonly string[];
}

const known = new Set(["/dapr/config", "/dapr/metrics", "/dapr/subscribe", "/healthz"]);
/** How many paths the labels of which are remembered. */
const remembered = 1000;

/** The `path` label of HTTP metrics. */
export function httpPathLabel(options: HttpPathOptions): (path: string) => string {
  const patterns = withInvocation(options.pathMatching).map(parsePattern).sort(bySpecificity);
  const match = (path: string): string | undefined => patterns.find((pattern) => pattern.matches.test(path))?.text;
  const label = (path: string): string => {
    if (known.has(path)) return path;
    const normalized = merged(path);
    const shortened = shortenPath(normalized);
    return match(normalized) ?? match(shortened) ?? (options.increasedCardinality ? shortened : "");
  };
  if (patterns.length === 0) return options.increasedCardinality ? (path) => shortenPath(merged(path)) : label;

  const cache = new Map<string, string>();
  return (path) => {
    let found = cache.get(path);
    if (found === undefined) {
      if (cache.size >= remembered) cache.clear();
      cache.set(path, (found = label(path)));
    }
    return found;
  };
}

function merged(path: string): string {
  return path.includes("//") ? path.replace(/\/{2,}/g, "/") : path;
}

/** Keys and ids are cut from paths: `/v1.0/state/store/key` becomes `/v1.0/state/store`. */
function shortenPath(path: string): string {
  const first = path.indexOf("/", 1);
  if (first < 0) return path;
  const second = path.indexOf("/", first + 1);
  if (second < 0) return path;
  switch (path.slice(first + 1, second)) {
    case "state":
    case "secrets": {
      const third = path.indexOf("/", second + 1);
      return third < 0 ? path : path.slice(0, third);
    }
    case "actors": {
      const [empty, version, actors, type, , kind] = path.split("/");
      return kind === undefined ? path : [empty, version, actors, type, "{id}", kind].join("/");
    }
    case "workflows": {
      const segments = path.split("/");
      if (segments.length >= 5 && segments[5] !== "start") segments[4] = "{instanceId}";
      if (segments[5] === "raiseEvent" && segments.length > 6) segments[6] = "{eventName}";
      return segments.join("/");
    }
    default:
      return path;
  }
}

/** A pattern of the app's own paths also counts when the app is called through invocation. */
function withInvocation(patterns: readonly string[]): string[] {
  const all = patterns.flatMap((raw) => {
    const pattern = raw.startsWith("/") ? raw : `/${raw}`;
    return pattern.startsWith("/v1.0/invoke/") ? [pattern] : [pattern, `/v1.0/invoke/{app_id}/method${pattern}`];
  });
  return [...new Set(all)];
}

interface Pattern {
  readonly text: string;
  readonly matches: RegExp;
  readonly wildcards: number;
}

function parsePattern(text: string): Pattern {
  const source = text.replace(/\{[^}]*\}|[^{]+/g, (part) =>
    part.startsWith("{") ? (part.endsWith("...}") ? ".*" : "[^/]+") : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"),
  );
  return {
    text,
    matches: new RegExp(`^${source}${text.endsWith("/") ? ".*" : ""}$`),
    wildcards: (text.match(/\{/g) ?? []).length + (text.endsWith("/") ? 1 : 0),
  };
}

function bySpecificity(left: Pattern, right: Pattern): number {
  return left.wildcards - right.wildcards || right.text.length - left.text.length;
}
