import { createRuntime, type HostOptions, parseFlags, readHostOptions, type Runtime } from "@trilby/host";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { type App, type PlacedApp, placeApp } from "./app.ts";
import { type ComponentSource, readSources } from "./component-sources.ts";
import { type RecordedLine, recordedLog } from "./recorded-log.ts";

export interface TestHostSetup {
  /** Part of state keys and consumer groups. Absent: `test`. */
  readonly appId?: string;
  /** YAML may hold Subscriptions too. Components of YAML run in this process unless they say otherwise. */
  readonly components?: readonly ComponentSource[];
  /** Absent: the host calls nobody. */
  readonly app?: App;
  /** Further flags of `trilbyd`, for example `["--app-max-concurrency=1"]`. */
  readonly flags?: readonly string[];
  /** What the host sees as its environment. Absent: nothing, so that a test does the same on every machine. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Where relative paths begin and component packages are looked for. Absent: the working directory. */
  readonly folder?: string | URL;
  /** How long the components and the app may take. Absent: 10 seconds. */
  readonly readyWithinMs?: number;
}

export interface TestHost extends AsyncDisposable {
  readonly httpPort: number;
  readonly grpcPort: number;
  /** Absent without an app. */
  readonly appPort: number | undefined;
  /** Of the HTTP API, without a slash at its end: `http://127.0.0.1:40123`. */
  readonly url: string;
  /** The last 10,000 lines the host logged, oldest first. */
  readonly log: readonly RecordedLine[];
  /** What `/v1.0/metadata` answers. */
  metadata(): Promise<HostMetadata>;
  /** Publishes over HTTP; rejects with the host's answer when it does not take the message. */
  publish(pubsubName: string, topic: string, data: unknown, options?: PublishOptions): Promise<void>;
  /**
   * Finishes what is under way, closes the host and the app it started. Idempotent. Rejects when the host could not finish
   * in time.
   */
  stop(): Promise<void>;
}

export interface PublishOptions {
  /** For example `{ rawPayload: "true", ttlInSeconds: "5" }`. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Absent: by the data: `text/plain` for a string, `application/octet-stream` for bytes, else `application/json`. */
  readonly contentType?: string;
}

export interface HostMetadata {
  readonly id: string;
  readonly runtimeVersion: string;
  readonly components?: readonly {
    readonly name: string;
    readonly type: string;
    readonly version: string;
    readonly capabilities: readonly string[];
  }[];
  readonly subscriptions?: readonly {
    readonly pubsubname: string;
    readonly topic: string;
    readonly type: string;
    readonly deadLetterTopic?: string;
    readonly rules?: readonly { readonly path: string; readonly match?: string }[];
  }[];
  readonly extended?: Readonly<Record<string, string>>;
}

/**
 * Starts a host in this process, on free ports, and resolves when it is ready: the APIs answer, every component was
 * initialised, the app is there and its subscriptions were started. Rejects with what is wrong; nothing is open then.
 */
export async function createTestHost(setup: TestHostSetup = {}): Promise<TestHost> {
  const { folder = process.cwd(), environment = {}, readyWithinMs = 10_000 } = setup;
  const base = typeof folder === "string" ? folder : fileURLToPath(folder);
  const { folders, ...given } = await readSources(setup.components ?? [], base);
  const app = setup.app === undefined ? undefined : await placeApp(setup.app);
  const { log, lines } = recordedLog();
  let runtime: Runtime | undefined;

  const stop = async (): Promise<void> => {
    try {
      if (runtime && !(await runtime.stop()))
        throw new Error(
          `the host could not finish in time what was under way; it logged last: ${lines.at(-1)?.message}`,
        );
    } finally {
      await app?.stop();
    }
  };
  let stopping: Promise<void> | undefined;
  const stopOnce = (): Promise<void> => (stopping ??= stop());

  try {
    const options = optionsOf(setup, app, folders, environment);
    runtime = createRuntime(options, { ...given, strictResources: true, packageRoot: base, environment, log });
    const { httpPort, grpcPort } = await startWithin(readyWithinMs, runtime, app);
    const url = `http://127.0.0.1:${httpPort}`;
    const api = callerOf(url, environment["DAPR_API_TOKEN"]);
    await refuseWhatIsNotServed(api);
    return {
      httpPort,
      grpcPort,
      appPort: app?.port,
      url,
      log: lines,
      metadata: async () => (await api("/v1.0/metadata")).json() as Promise<HostMetadata>,
      publish: (pubsubName, topic, data, publishOptions) => publish(api, pubsubName, topic, data, publishOptions),
      stop: stopOnce,
      [Symbol.asyncDispose]: stopOnce,
    };
  } catch (error) {
    // What went wrong first is what the test's author has to read.
    await stopOnce().catch(() => {});
    throw error;
  }
}

function optionsOf(
  { appId = "test", flags = [] }: TestHostSetup,
  app: PlacedApp | undefined,
  folders: readonly string[],
  environment: NonNullable<TestHostSetup["environment"]>,
): HostOptions {
  const words = [
    `--app-id=${appId}`,
    ...["--dapr-http-port=0", "--dapr-grpc-port=0", "--dapr-listen-addresses=127.0.0.1"],
    ...["--enable-metrics=false", "--metrics-port=0", "--metrics-listen-address=127.0.0.1"],
    "--placement=in-process",
    ...(app === undefined ? [] : [`--app-port=${app.port}`, `--app-protocol=${app.protocol}`]),
    ...folders.map((path) => `--resources-path=${path}`),
    ...flags,
  ];
  // A socket that happens to be on the machine must not take the place of a package.
  const noSockets = { DAPR_COMPONENTS_SOCKETS_FOLDER: join(import.meta.dirname, "no-sockets") };
  return readHostOptions(parseFlags(words), { ...noSockets, ...environment }).options;
}

async function startWithin(
  limitMs: number,
  runtime: Runtime,
  app: PlacedApp | undefined,
): Promise<{ httpPort: number; grpcPort: number }> {
  let waitingFor = "its components";
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`the host was not ready within ${limitMs} ms: it waits for ${waitingFor}`)),
    limitMs,
  );
  const start = async () => {
    await runtime.start();
    const ports = {
      httpPort: portOf(runtime.addresses.http),
      grpcPort: portOf(runtime.addresses.grpc),
    };
    if (app) {
      waitingFor = `the app on port ${app.port}`;
      await app.start({ ...ports, appPort: app.port });
    }
    await runtime.ready;
    return ports;
  };
  try {
    return await Promise.race([start(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function portOf(addresses: Runtime["addresses"]["http"]): number {
  const [address] = addresses;
  if (address && "port" in address) return address.port;
  throw new Error("a test host listens on ports: leave out the flag --unix-domain-socket");
}

async function publish(
  api: Caller,
  pubsubName: string,
  topic: string,
  data: unknown,
  { metadata = {}, contentType = contentTypeOf(data) }: PublishOptions = {},
): Promise<void> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(metadata)) query.set(`metadata.${name}`, value);
  const body = typeof data === "string" ? data : data instanceof Uint8Array ? Buffer.from(data) : JSON.stringify(data);
  const path = `/v1.0/publish/${encodeURIComponent(pubsubName)}/${encodeURIComponent(topic)}?${query.toString()}`;
  await api(path, { method: "POST", headers: { "content-type": contentType }, body });
}

function contentTypeOf(data: unknown): string {
  if (typeof data === "string") return "text/plain";
  return data instanceof Uint8Array ? "application/octet-stream" : "application/json";
}

/** Calls the HTTP API; rejects with the host's answer when that is no success. */
type Caller = (
  path: string,
  init?: { method: string; headers: Record<string, string>; body: string | Buffer<ArrayBuffer> },
) => Promise<Response>;

function callerOf(url: string, token: string | undefined): Caller {
  return async (path, init) => {
    const headers = { ...init?.headers, ...(token ? { "dapr-api-token": token } : {}) };
    const response = await fetch(url + path, { ...init, headers });
    if (response.ok) return response;
    throw new Error(`the host answered ${response.status}: ${await response.text()}`);
  };
}

/** A host goes on without what the app asked for and cannot have; a test's author has to hear of it. */
async function refuseWhatIsNotServed(api: Caller): Promise<void> {
  const { notServed } = (await (await api("/v1.0/healthz?verbose")).json()) as {
    notServed: readonly { component: string; topic?: string; source?: string; reason: string }[];
  };
  const lines = notServed.map(({ component, topic, source, reason }) => {
    const what =
      topic === undefined ? `input binding ${component}` : `subscription to topic ${topic} on pubsub ${component}`;
    return `${what}${source === undefined ? "" : ` (${source})`} is not served: ${reason}`;
  });
  if (lines.length > 0) throw new Error(lines.join("\n"));
}
