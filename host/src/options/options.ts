/**
 * Everything the runtime can be told, already parsed and checked. flags.ts makes it from daprd's command line and
 * environment; tests make it by hand.
 */
export interface HostOptions {
  readonly appId: string;
  /** Absent when NAMESPACE is unset: then resources are not filtered by namespace. */
  readonly namespace: string | undefined;
  readonly app: AppOptions;
  readonly api: ApiOptions;
  readonly metrics: { readonly enabled: boolean; readonly host: string; readonly port: number };
  readonly log: { readonly level: LogLevel; readonly json: boolean; readonly file: string | undefined };
  /** Folders of YAML resources, in the order given. */
  readonly resourcesPaths: readonly string[];
  readonly configPaths: readonly string[];
  readonly componentsSocketsFolder: string;
  /** Placement of components that do not say; absent leaves it to each component's manifest. */
  readonly placement: "in-process" | "child" | undefined;
  /** Which app discovery calls to leave out. */
  readonly disableInitEndpoints: readonly ("config" | "subscribe")[];
  readonly gracefulShutdownSeconds: number;
  /** Absent: no blocking phase before the teardown. */
  readonly blockShutdownMs: number | undefined;
  /** Names an `envRef` may read when DAPR_ENV_KEYS is set. */
  readonly envKeys: readonly string[] | undefined;
}

export type LogLevel = "debug" | "info" | "warn" | "error" | "fatal";

export interface AppOptions {
  /** Absent: no app channel. */
  readonly port: number | undefined;
  readonly protocol: "http" | "https" | "h2c" | "grpc" | "grpcs";
  readonly host: string;
  /** Sent to the app as `dapr-api-token`. */
  readonly token: string | undefined;
  /** 0 means no limit. */
  readonly maxConcurrency: number;
  readonly health:
    | {
        readonly path: string;
        readonly intervalMs: number;
        readonly timeoutMs: number;
        readonly threshold: number;
      }
    | undefined;
  /** How long the discovery of input bindings may take. */
  readonly bindingOptionsTimeoutMs: number;
}

export interface ApiOptions {
  readonly listenAddresses: readonly string[];
  /** 0 picks a free port. */
  readonly httpPort: number;
  readonly grpcPort: number;
  readonly publicPort: number | undefined;
  readonly publicListenAddress: string | undefined;
  /** Folder; when set, sockets in it replace the TCP listeners of the two API servers. */
  readonly unixDomainSocket: string | undefined;
  /** Required value of `dapr-api-token`. */
  readonly token: string | undefined;
  /** Empty: no CORS handling at all. */
  readonly allowedOrigins: readonly string[];
  /** <= 0: no limit. */
  readonly maxBodyBytes: number;
  readonly maxHeaderBytes: number;
  /** Cleartext HTTP/2 on the HTTP API. Absent means true. */
  readonly h2c?: boolean | undefined;
  /** Absent leaves it to the Configuration resource. */
  readonly apiLogging: boolean | undefined;
}
