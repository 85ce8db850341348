/** One command line flag: the table below is what the parser, `--help` and the documentation read. */
export interface Flag {
  readonly name: string;
  readonly kind: "text" | "switch" | "integer" | "list" | "duration" | "quantity" | "port";
  /** As it would stand on the command line; absent: not set. */
  readonly fallback?: string;
  readonly help: string;
  /** What to use instead; the flag still works. */
  readonly deprecated?: string;
  /** Capability that this version lacks: the flag is taken so that command lines keep working, and named in a warning. */
  readonly lacking?: string;
  readonly hidden?: true;
}

/** Every flag of daprd 1.18, and `placement`, which is ours. */
export const flags: readonly Flag[] = [
  {
    name: "actors-disseminate-timeout",
    kind: "duration",
    fallback: "30s",
    help: "Time limit of one round of actor placement.",
    lacking: "actors",
  },
  {
    name: "actors-service",
    kind: "text",
    help: "Has no effect.",
    deprecated: "it has no effect any longer",
    hidden: true,
  },
  {
    name: "allowed-origins",
    kind: "text",
    help: "Origins that CORS allows, comma separated. Empty: no CORS headers at all.",
  },
  {
    name: "app-binding-options-timeout",
    kind: "duration",
    fallback: "3s",
    help: "Time limit for asking the app which input bindings it takes.",
  },
  { name: "app-channel-address", kind: "text", fallback: "127.0.0.1", help: "Address the app listens on." },
  { name: "app-health-check-path", kind: "text", fallback: "/healthz", help: "Path of the app's health check (HTTP)." },
  {
    name: "app-health-probe-interval",
    kind: "integer",
    fallback: "5",
    help: "Seconds between health probes of the app.",
  },
  {
    name: "app-health-probe-timeout",
    kind: "integer",
    fallback: "500",
    help: "Time limit of one health probe, in milliseconds.",
  },
  {
    name: "app-health-threshold",
    kind: "integer",
    fallback: "3",
    help: "Failures in a row that make the app unhealthy.",
  },
  { name: "app-id", kind: "text", help: "Unique id of the app (required). Part of state keys and consumer groups." },
  {
    name: "app-max-concurrency",
    kind: "integer",
    fallback: "-1",
    help: "Most calls to the app at a time; 0 or less: no limit.",
  },
  { name: "app-port", kind: "port", help: "Port the app listens on. Absent: the app is never called." },
  {
    name: "app-protocol",
    kind: "text",
    fallback: "http",
    help: "How the app is called: http, https, h2c, grpc or grpcs.",
  },
  { name: "app-ssl", kind: "switch", help: "Calls the app over TLS.", deprecated: "use --app-protocol https or grpcs" },
  { name: "build-info", kind: "switch", help: "Prints the build and ends." },
  { name: "components-path", kind: "text", help: "Folder of resources.", deprecated: "use --resources-path" },
  { name: "config", kind: "list", help: "Configuration file. May be repeated; later files win." },
  { name: "control-plane-address", kind: "text", help: "Address of the control plane.", lacking: "the control plane" },
  {
    name: "control-plane-namespace",
    kind: "text",
    fallback: "default",
    help: "Namespace of the control plane.",
    lacking: "the control plane",
  },
  {
    name: "control-plane-trust-domain",
    kind: "text",
    fallback: "localhost",
    help: "Trust domain of the control plane.",
    lacking: "the control plane",
  },
  {
    name: "dapr-block-shutdown-duration",
    kind: "duration",
    help: "Keeps the APIs up for this long after a stop signal, or until the app is unhealthy.",
  },
  {
    name: "dapr-graceful-shutdown-seconds",
    kind: "integer",
    fallback: "5",
    help: "Seconds that a graceful stop may take.",
  },
  { name: "dapr-grpc-port", kind: "port", fallback: "50001", help: "Port of the gRPC API." },
  {
    name: "dapr-http-max-request-size",
    kind: "integer",
    fallback: "4",
    help: "Largest body, in MB.",
    deprecated: "use --max-body-size 4Mi",
  },
  { name: "dapr-http-port", kind: "port", fallback: "3500", help: "Port of the HTTP API." },
  {
    name: "dapr-http-read-buffer-size",
    kind: "integer",
    fallback: "4",
    help: "Largest header block, in KB.",
    deprecated: "use --read-buffer-size 4Ki",
  },
  {
    name: "dapr-internal-grpc-listen-address",
    kind: "text",
    help: "Address of the sidecar-to-sidecar API.",
    lacking: "service invocation",
  },
  {
    name: "dapr-internal-grpc-port",
    kind: "port",
    help: "Port of the sidecar-to-sidecar API.",
    lacking: "service invocation",
  },
  {
    name: "dapr-listen-addresses",
    kind: "text",
    help: "Addresses of the HTTP and gRPC APIs, comma separated. Empty: all.",
  },
  { name: "dapr-public-listen-address", kind: "text", help: "Address of the public port." },
  { name: "dapr-public-port", kind: "port", help: "Extra port that answers health and metadata only." },
  {
    name: "disable-builtin-k8s-secret-store",
    kind: "switch",
    help: "Leaves out the built-in Kubernetes secret store.",
    lacking: "Kubernetes mode",
  },
  { name: "disable-init-endpoints", kind: "list", help: "Calls to the app to leave out at start: config, subscribe." },
  {
    name: "enable-api-logging",
    kind: "switch",
    help: "Logs every API call. Absent: as the Configuration resource says.",
  },
  { name: "enable-app-health-check", kind: "switch", fallback: "false", help: "Probes the app's health." },
  { name: "enable-metrics", kind: "switch", fallback: "true", help: "Serves metrics." },
  {
    name: "enable-mtls",
    kind: "switch",
    fallback: "false",
    help: "Refused: this version has no mTLS between sidecars.",
  },
  {
    name: "enable-profiling",
    kind: "switch",
    fallback: "false",
    help: "Serves profiles.",
    lacking: "the profiling port (use node --inspect or --cpu-prof)",
  },
  {
    name: "hot-reload-reconcile-interval",
    kind: "duration",
    fallback: "0",
    help: "Time between full looks at the resources.",
    lacking: "hot reload",
  },
  { name: "log-as-json", kind: "switch", fallback: "false", help: "Logs JSON, one object a line." },
  { name: "log-file", kind: "text", help: "Logs into this file instead of standard output." },
  { name: "log-level", kind: "text", fallback: "info", help: "debug, info, warn, error or fatal." },
  {
    name: "max-body-size",
    kind: "quantity",
    fallback: "4Mi",
    help: "Largest body of an HTTP request or gRPC message.",
  },
  { name: "metrics-listen-address", kind: "text", fallback: "0.0.0.0", help: "Address of the metrics port." },
  { name: "metrics-port", kind: "port", fallback: "9090", help: "Port of the metrics." },
  { name: "mode", kind: "text", fallback: "standalone", help: "standalone; kubernetes is refused by this version." },
  {
    name: "placement",
    kind: "text",
    help: "Where components run that do not say: in-process or child. Absent: as each component's package says.",
  },
  {
    name: "placement-host-address",
    kind: "text",
    help: "Addresses of the placement service.",
    lacking: "actors and workflows",
  },
  { name: "profile-port", kind: "port", fallback: "7777", help: "Port of the profiles.", hidden: true },
  { name: "read-buffer-size", kind: "quantity", fallback: "4Ki", help: "Largest header block of an HTTP request." },
  {
    name: "reminders-service",
    kind: "text",
    help: "Has no effect.",
    deprecated: "it has no effect any longer",
    hidden: true,
  },
  { name: "resources-path", kind: "list", help: "Folder of resources (YAML). May be repeated. Absent: no resources." },
  {
    name: "scheduler-host-address",
    kind: "list",
    help: "Addresses of the scheduler service.",
    lacking: "jobs, reminders and workflows",
  },
  {
    name: "scheduler-job-streams",
    kind: "integer",
    fallback: "3",
    help: "Streams to the scheduler service.",
    lacking: "jobs, reminders and workflows",
  },
  { name: "sentry-address", kind: "text", help: "Address of the certificate authority.", lacking: "mTLS" },
  {
    name: "sentry-request-jwt-audiences",
    kind: "list",
    help: "Audiences asked of the certificate authority.",
    lacking: "mTLS",
  },
  { name: "unix-domain-socket", kind: "text", help: "Folder: the APIs listen on sockets in it instead of on ports." },
  { name: "version", kind: "switch", help: "Prints the version and ends." },
  { name: "wait", kind: "switch", help: "Waits until the APIs of the host on --dapr-http-port are up, then ends." },
];
