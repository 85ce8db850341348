import type { Exchange } from "./exchange.ts";

/** Answers a preflight and returns true, or adds what the response needs and returns false. */
export type Cors = (exchange: Exchange) => boolean;

const methods = new Set(["HEAD", "GET", "POST", "PUT", "PATCH", "DELETE"]);

/** Cross-origin rules for a list of origins; `*` alone or inside an origin stands for any text. Empty list: none at all. */
export function createCors(allowedOrigins: readonly string[]): Cors | undefined {
  if (allowedOrigins.length === 0) return undefined;
  const everyOrigin = allowedOrigins.some((origin) => origin.trim() === "*");
  const patterns = allowedOrigins.map((origin) => originPattern(origin.trim().toLowerCase()));

  const allowed = (origin: string): string | undefined => {
    if (everyOrigin) return "*";
    const lower = origin.toLowerCase();
    return patterns.some((matches) => matches(lower)) ? origin : undefined;
  };

  return (exchange) => {
    const origin = exchange.header("origin") ?? "";
    const wanted = exchange.header("access-control-request-method") ?? "";
    if (exchange.method === "OPTIONS" && wanted !== "") {
      exchange.setHeader("Vary", "Origin");
      exchange.setHeader("Vary", "Access-Control-Request-Method");
      exchange.setHeader("Vary", "Access-Control-Request-Headers");
      const answer = origin === "" ? undefined : allowed(origin);
      if (answer !== undefined && isMethodAllowed(wanted)) {
        exchange.setHeader("Access-Control-Allow-Origin", answer);
        exchange.setHeader("Access-Control-Allow-Methods", wanted.toUpperCase());
        const headers = headerNames(exchange.header("access-control-request-headers") ?? "");
        if (headers !== "") exchange.setHeader("Access-Control-Allow-Headers", headers);
      }
      exchange.respond(200, "");
      return true;
    }
    exchange.setHeader("Vary", "Origin");
    const answer = origin === "" ? undefined : allowed(origin);
    if (answer !== undefined && isMethodAllowed(exchange.method))
      exchange.setHeader("Access-Control-Allow-Origin", answer);
    return false;
  };
}

function isMethodAllowed(method: string): boolean {
  const upper = method.toUpperCase();
  return upper === "OPTIONS" || methods.has(upper);
}

function originPattern(pattern: string): (origin: string) => boolean {
  const star = pattern.indexOf("*");
  if (star < 0) return (origin) => origin === pattern;
  const prefix = pattern.slice(0, star);
  const suffix = pattern.slice(star + 1);
  return (origin) =>
    origin.length >= prefix.length + suffix.length && origin.startsWith(prefix) && origin.endsWith(suffix);
}

/** The names that were asked for, in the usual spelling: `content-type` as `Content-Type`. */
function headerNames(list: string): string {
  return list
    .split(/[,\s]+/)
    .filter((name) => name !== "")
    .map((name) =>
      name.toLowerCase().replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase()),
    )
    .join(", ");
}
