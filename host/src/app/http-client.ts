import type { AppResponse } from "./channel.ts";

/** Carries single requests to the application over one version of HTTP. */
export interface HttpClient {
  /** Resolves to an answer that came whole. Rejects with `AppError`. */
  send(request: HttpClientRequest): Promise<AppResponse>;
  /** Ends requests under way and closes connections. */
  close(): void;
}

export interface HttpClientRequest {
  readonly method: string;
  readonly path: string;
  /** Lower-case names; complete but for what the protocol itself adds. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number | undefined;
  /** May be sent again when a kept connection turns out to be closed. */
  readonly repeatable: boolean;
}

export interface HttpClientSettings {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** Largest body of an answer; <= 0: no limit. */
  readonly maxResponseBytes: number;
  readonly maxHeaderBytes: number;
}
