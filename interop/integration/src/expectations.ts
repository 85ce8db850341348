/** What a case of the suite needs that Trilby does not have yet: the words the ledger may use. */
export const missingCapabilities: Readonly<Record<string, string>> = {
  actors: "virtual actors, their state, reminders and timers, and the placement client",
  component: "a component type we have no package for",
  configuration: "the configuration building block",
  "control-plane":
    "placement, scheduler, sentry, operator, injector or charts of our own: the case judges that program, not the daemon",
  conversation: "the conversation building block",
  crypto: "the cryptography building block",
  "hot-reload": "taking changed resources without a restart",
  "http-endpoint": "HTTPEndpoint resources",
  invocation: "service invocation, over HTTP and gRPC, and the port sidecars call each other on",
  jobs: "jobs, and the scheduler client",
  "keys-like": "listing and deleting keys by pattern and prefix",
  kubernetes: "the mode in which resources come from the operator",
  lock: "the distributed lock building block",
  mcp: "MCP servers as workflows",
  middleware: "HTTP middleware components",
  mtls: "certificates from sentry, and mTLS between sidecars",
  outbox: "transactional outbox",
  profiling: "the profiling port",
  resiliency: "Resiliency resources: timeouts, retries, circuit breakers",
  tracing: "spans sent to Zipkin and OpenTelemetry collectors",
  workflow: "the workflow engine",
};

/** Passes; fails for a reason written beside it; or fails because a capability is missing. */
export type Expectation = "pass" | "known" | (string & {});

export function isExpectation(word: string): boolean {
  return word === "pass" || word === "known" || Object.hasOwn(missingCapabilities, word);
}
