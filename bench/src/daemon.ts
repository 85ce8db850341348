import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { join, resolve } from "node:path";
import {
  componentYaml,
  daprd,
  root,
  startProcess,
  temporaryFolder,
  trilbyd,
  type RunningProcess,
} from "@trilby/interop-judging";
import { claimPort } from "@trilby/services";

export interface DaemonOptions {
  readonly program: "daprd" | "trilbyd";
  readonly components: readonly Component[];
  /** Where trilbyd runs them; absent: as their packages say. */
  readonly placement?: "in-process" | "child" | undefined;
  readonly socketsFolder?: string | undefined;
  readonly appPort?: number | undefined;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Component {
  readonly name: string;
  readonly type: string;
  readonly version?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** The folder under components/ that has it. */
  readonly package?: string;
}

export interface Daemon {
  readonly process: RunningProcess;
  /** `host:port` */
  readonly http: string;
  readonly grpc: string;
  /** From the start of the process to the first healthy answer of /v1.0/healthz. */
  readonly startMs: number;
  close(): Promise<void>;
}

/** Starts a daemon as it comes, in a folder with its resources and what `npm install` would have put there, and waits until it is healthy. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { program, components, placement, socketsFolder, appPort, environment = {} } = options;
  const folder = temporaryFolder();
  const resources = join(folder.path, "resources");
  mkdirSync(resources);
  for (const { name, type, version, metadata } of components)
    writeFileSync(join(resources, `${name}.yaml`), componentYaml(name, type, metadata, version));
  if (program === "trilbyd") installPackages(folder.path, components);
  const [http, grpc, internal, metrics] = await freePorts(4);
  const flags = {
    "app-id": "bench",
    "resources-path": resources,
    "dapr-http-port": http,
    "dapr-grpc-port": grpc,
    "dapr-internal-grpc-port": internal,
    "metrics-port": metrics,
    "dapr-listen-addresses": "127.0.0.1",
    ...(appPort !== undefined && { "app-port": appPort }),
    ...(program === "trilbyd" && placement !== undefined && { placement }),
  };
  const chosen = program === "daprd" ? daprd() : trilbyd;
  const words = [...(chosen.words ?? []), ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`)];
  const started = performance.now();
  const running = startProcess(chosen.program, words, {
    cwd: folder.path,
    environment: {
      DAPR_COMPONENTS_SOCKETS_FOLDER: socketsFolder ?? join(folder.path, "no-sockets"),
      ...(program === "trilbyd" && profiling()),
      ...environment,
    },
  });
  try {
    await healthy(http!, running);
  } catch (error) {
    await running.kill();
    folder.remove();
    throw new Error(`${program} did not start: ${running.log()}`, { cause: error });
  }
  return {
    process: running,
    http: `127.0.0.1:${http}`,
    grpc: `127.0.0.1:${grpc}`,
    startMs: performance.now() - started,
    async close() {
      await running.stop();
      folder.remove();
    },
  };
}

/** What `--profile FOLDER` asks for: where processor profiles go. */
let profiles: string | undefined;

export function profileInto(folder: string): void {
  profiles = resolve(folder);
  mkdirSync(profiles, { recursive: true });
}

/** The environment of a process of ours: one that it starts writes a profile of its own, `CPU.*.<pid>.*`. */
export function profiling(): Readonly<Record<string, string>> {
  return profiles === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profiles}` };
}

function installPackages(folder: string, components: readonly Component[]): void {
  const scope = join(folder, "node_modules", "@trilby");
  mkdirSync(scope, { recursive: true });
  for (const { package: name } of components)
    if (name !== undefined) symlinkSync(join(root, "components", name), join(scope, name));
}

async function healthy(port: number, running: RunningProcess): Promise<void> {
  const end = performance.now() + 60_000;
  while (!(await answersWell(port))) {
    if (running.ended() !== undefined) throw new Error(`it ended with ${running.ended()}`);
    if (performance.now() > end) throw new Error("it was not healthy within 60 seconds");
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
}

function answersWell(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = get({ host: "127.0.0.1", port, path: "/v1.0/healthz", agent: false }, (response) => {
      response.resume();
      resolve((response.statusCode ?? 500) < 300);
    });
    asked.once("error", () => resolve(false));
    asked.setTimeout(5_000, () => asked.destroy());
  });
}

async function freePorts(count: number): Promise<readonly number[]> {
  const claims = await Promise.all(Array.from({ length: count }, () => claimPort()));
  return claims.map(({ port }) => port);
}
