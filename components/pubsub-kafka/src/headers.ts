import type { IHeaders } from "kafkajs";

/** Which names travel between metadata and record headers, and how their values look to the application. */
export interface HeaderRules {
  excludes(name: string): boolean;
  escape(text: string): string;
}

export function headerRules(excluded: string | undefined, escapes: boolean): HeaderRules {
  const expression = excluded ? new RegExp(excluded, "u") : undefined;
  return {
    excludes: (name) => expression?.test(name) ?? false,
    escape: escapes ? escapeForQuery : (text) => text,
  };
}

/** Metadata values of the received headers. Of headers with one name the last counts. */
export function metadataOfHeaders(
  headers: IHeaders | undefined,
  rules: HeaderRules,
  metadata: Record<string, string>,
): void {
  for (const name in headers) {
    if (rules.excludes(name)) continue;
    const given = headers[name];
    const value = Array.isArray(given) ? given.at(-1) : given;
    metadata[name] = rules.escape(value === undefined || value === null ? "" : value.toString());
  }
}

/** As Go's url.QueryEscape. */
export function escapeForQuery(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(/%20|[!'()*]/g, (found) =>
    found === "%20" ? "+" : `%${found.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
