import type { AppResponse } from "./channel.ts";

/** Carries single requests to the application over one version of HTTP. */
export interface HttpClient {
  /**
   * A target for repeated requests. `headers` (lower-case names) go with all of them, win over those of a request, and are
   * complete with those but for what the protocol itself adds.
   */
  route(method: string, path: string, headers: Readonly<Record<string, string>>): HttpRoute;
  /** Ends requests under way and closes connections. */
  close(): void;
}

export interface HttpRoute {
  /** Resolves to an answer that came whole. Rejects with `AppError`. */
  send(request: HttpClientRequest): Promise<AppResponse>;
}

export interface HttpClientRequest {
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>> | undefined;
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
