import type { Logger } from "@trilby/kit";

/**
 * Which metadata of a message or request may travel to the application as HTTP headers or gRPC metadata, and under what
 * name. What cannot travel is left out, never sent half; the first time for each name is logged.
 */
export interface Hygiene {
  /** Adds to a header object with lower-case names; names already there stay. */
  http(target: Record<string, string>, metadata: Readonly<Record<string, string>>): void;
  /** Adds to a list of gRPC metadata. */
  grpc(target: [name: string, value: string | Uint8Array][], metadata: Readonly<Record<string, string>>): void;
}

export function createHygiene(logger: Logger): Hygiene {
  // Names repeat from message to message: each is judged once. "" means: leave out.
  const httpNames = new Map<string, string>();
  const grpcNames = new Map<string, string>();
  const warned = new Set<string>();

  const warn = (name: string, why: string): void => {
    if (warned.has(name) || warned.size >= maxNames) return;
    warned.add(name);
    logger.warn(`metadata ${JSON.stringify(name)} is not passed on to the app: ${why}`);
  };

  return {
    http(target, metadata) {
      for (const key in metadata) {
        const name = remember(httpNames, key, httpName, warn);
        if (name === "" || target[name] !== undefined) continue;
        const value = httpHeaderValue(metadata[key]!);
        if (value === undefined) warn(key, "its value has control characters");
        else target[name] = value;
      }
    },
    grpc(target, metadata) {
      for (const key in metadata) {
        const name = remember(grpcNames, key, grpcName, warn);
        if (name === "") continue;
        const value = metadata[key]!;
        if (name.endsWith("-bin")) target.push([name, Buffer.from(value, "base64")]);
        else if (printable.test(value)) target.push([name, value]);
        else warn(key, "its value has characters that gRPC metadata cannot carry");
      }
    },
  };
}

/**
 * A text as the value of an HTTP header: beyond ASCII as UTF-8, as Go's servers and clients do it. Undefined when it has
 * control characters.
 */
function httpHeaderValue(text: string): string | undefined {
  if (printable.test(text)) return text;
  if (control.test(text)) return undefined;
  return Buffer.from(text, "utf8").toString("latin1");
}

const maxNames = 1000;
const printable = /^[\x20-\x7e]*$/;
// A tab is legal in HTTP.
// oxlint-disable-next-line no-control-regex
const control = /[\x00-\x08\x0a-\x1f\x7f]/;
const httpToken = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const grpcToken = /^[0-9a-z_.-]+$/;

/** Connection headers of HTTP/1.1, and what the host sets itself on every call. */
const never = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
  "te",
  "trailer",
  "proxy-authorization",
  "proxy-authenticate",
  "content-type",
  "content-length",
  "host",
  "expect",
  "destination-app-id",
  "dapr-api-token",
]);

type Verdict = string | { readonly why: string };

function httpName(lower: string): Verdict {
  if (never.has(lower) || lower.startsWith(":") || lower.endsWith("-bin")) return "";
  if (!httpToken.test(lower)) return { why: "the name cannot be a header" };
  return lower.startsWith("grpc-") ? `dapr-${lower}` : lower;
}

function grpcName(lower: string): Verdict {
  if (never.has(lower) || lower.startsWith(":")) return "";
  if (!grpcToken.test(lower)) return { why: "the name cannot be gRPC metadata" };
  return lower.startsWith("grpc-") && lower !== "grpc-trace-bin" ? `dapr-${lower}` : lower;
}

function remember(
  names: Map<string, string>,
  key: string,
  judge: (lower: string) => Verdict,
  warn: (name: string, why: string) => void,
): string {
  const known = names.get(key);
  if (known !== undefined) return known;
  const verdict = judge(key.toLowerCase());
  if (typeof verdict !== "string") warn(key, verdict.why);
  const name = typeof verdict === "string" ? verdict : "";
  if (names.size >= maxNames) names.clear();
  names.set(key, name);
  return name;
}
