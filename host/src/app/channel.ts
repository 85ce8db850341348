/** The application, as the host reaches it through its port. There is none without an app port. */
export type AppChannel = HttpAppChannel | GrpcAppChannel;

export interface Application {
  /** Whether the application takes calls now. False until its port was open and, with probing, a probe passed. */
  readonly healthy: boolean;
  /**
   * Called on every change to healthy, the first one included. Listeners of one change run one after another, each awaited,
   * and a change waits for the one before it: starting and stopping never overlap. A change that was taken back before its
   * turn came is left out.
   */
  onHealthy(listener: HealthListener): void;
  /** The same for every change to unhealthy. */
  onUnhealthy(listener: HealthListener): void;
  /**
   * Waits for the application's port, for as long as it takes. Without probing the application then counts as healthy, and
   * this resolves when the `onHealthy` listeners are done; with probing it resolves at once and the probes decide. Resolves
   * early when `stop` is called.
   */
  start(): Promise<void>;
  /** Ends waiting and probing and waits for listeners under way. Calls still work until `close`. */
  stop(): Promise<void>;
  /** Ends calls under way and frees connections. */
  close(): void;
}

export type HealthListener = () => void | Promise<void>;

export interface HttpAppChannel extends Application {
  readonly kind: "http";
  /**
   * A target for repeated calls; what can be prepared is prepared here. The path may lack its leading slash. `headers`
   * (lower-case names) go with every call and win over those of the call.
   */
  route(method: string, path: string, headers?: Readonly<Record<string, string>>): AppRoute;
}

export interface AppRoute {
  /** As it goes on the wire. */
  readonly path: string;
  /**
   * Resolves to any answer that came whole, whatever its status; redirects are not followed. Rejects with `AppError`.
   * Waits for a free place when the application's concurrency is limited.
   */
  call(request: AppRequest): Promise<AppResponse>;
}

export interface AppRequest {
  readonly body?: Uint8Array | undefined;
  readonly contentType: string;
  /** Further headers by name, any case. Names that must not travel are left out, see header-hygiene.ts. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly traceparent?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for the call itself, without waiting for a place. Absent: no limit. */
  readonly timeoutMs?: number | undefined;
  /** May be sent again when a kept connection turns out to be closed: true for everything delivered at least once. */
  readonly repeatable?: boolean | undefined;
}

export interface AppResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
}

export interface GrpcAppChannel extends Application {
  readonly kind: "grpc";
  /**
   * A method of the application for repeated calls, for example `/dapr.proto.runtime.v1.AppCallback/OnTopicEvent`.
   * `headers` (lower-case names) go with every call and win over those of the call.
   */
  method(path: string, headers?: Readonly<Record<string, string>>): AppMethod;
}

export interface AppMethod {
  /**
   * Rejects with `RpcError` for a status other than OK, with `AppError` when the call was not made or cancelled. Waits for
   * a free place when the application's concurrency is limited.
   */
  call(request: Uint8Array, options?: AppCallOptions): Promise<Uint8Array>;
}

export interface AppCallOptions {
  /** As for HTTP calls, sent as gRPC metadata. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly traceparent?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}
