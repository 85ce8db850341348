/** A line of an app, see APP.md. */
export interface Line {
  readonly step: string;
  readonly result?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
  readonly after?: unknown;
  readonly unsupported?: string;
}

/** Undefined for whatever else a program says. */
export function readLine(text: string): Line | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    const line = JSON.parse(text) as Line;
    return typeof line.step === "string" ? line : undefined;
  } catch {
    return undefined;
  }
}
