import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { claimPort } from "@trilby/services";

export interface Setup {
  /** Files of the resources folder by their names. */
  readonly resources: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
  readonly appId?: string;
  readonly appPort?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A host as users run it, in a process of its own, on the same ports each time it is started. */
export interface Trilbyd {
  readonly httpPort: number;
  readonly grpcPort: number;
  /** Of the HTTP API. */
  readonly url: string;
  readonly folder: string;
  /** The host's process while it runs. */
  readonly pid: number | undefined;
  /** Every line of output so far, over restarts. */
  readonly output: readonly string[];
  /** Starts the process and returns at once. */
  spawn(): void;
  /** Resolves when a line matches, from the first one on unless `from` says otherwise. Rejects when the process ends without it. */
  seen(pattern: RegExp, from?: number): Promise<string>;
  /** Starts it and resolves when its APIs and its components are up. */
  start(): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** Resolves to the exit code of the process that runs now. */
  exit(): Promise<number | null>;
  /** The component processes it has started. */
  children(): number[];
  /** SIGTERM, SIGKILL after ten seconds; frees ports and folder. */
  stop(): Promise<void>;
}

// The command that the host's package brings.
const main = join(dirname(createRequire(import.meta.url).resolve("@trilby/host/package.json")), "src", "main.ts");
/** Where the components are installed. */
const installation = dirname(dirname(import.meta.dirname));

export async function createTrilbyd(setup: Setup): Promise<Trilbyd> {
  const folder = mkdtempSync(join(tmpdir(), "trilby-faults-"));
  const resources = join(folder, "resources");
  mkdirSync(resources);
  for (const [name, text] of Object.entries(setup.resources)) writeFileSync(join(resources, name), text);
  const claims = [await claimPort(), await claimPort()];
  const [httpPort, grpcPort] = claims.map(({ port }) => port) as [number, number];
  const output: string[] = [];
  const listeners = new Set<() => void>();
  let running: { readonly process: ChildProcess; readonly exit: Promise<number | null> } | undefined;
  let ended = true;

  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  const host: Trilbyd = {
    httpPort,
    grpcPort,
    url: `http://127.0.0.1:${httpPort}`,
    folder,
    output,
    get pid() {
      return ended ? undefined : running?.process.pid;
    },
    spawn() {
      const words = [
        `--app-id=${setup.appId ?? "shop"}`,
        `--dapr-http-port=${httpPort}`,
        `--dapr-grpc-port=${grpcPort}`,
        "--dapr-listen-addresses=127.0.0.1",
        "--enable-metrics=false",
        `--resources-path=${resources}`,
        ...(setup.appPort === undefined ? [] : [`--app-port=${setup.appPort}`]),
        ...(setup.flags ?? []),
      ];
      const child = spawn(process.execPath, [main, ...words], {
        cwd: installation,
        stdio: ["ignore", "pipe", "pipe"],
        // A socket that happens to be on the machine must not take the place of a package.
        env: { ...process.env, DAPR_COMPONENTS_SOCKETS_FOLDER: join(folder, "sockets"), ...setup.environment },
      });
      ended = false;
      for (const stream of [child.stdout, child.stderr])
        createInterface(stream).on("line", (line) => {
          output.push(line);
          tell();
        });
      const exit = once(child, "close").then(([code]) => {
        if (running?.process === child) ended = true;
        tell();
        return code as number | null;
      });
      running = { process: child, exit };
    },
    seen(pattern, from = 0) {
      let next = from;
      return new Promise((resolve, reject) => {
        const look = (): void => {
          while (next < output.length) {
            const line = output[next++]!;
            if (!pattern.test(line)) continue;
            listeners.delete(look);
            resolve(line);
            return;
          }
          if (!ended) return;
          listeners.delete(look);
          reject(new Error(`trilbyd ended without ${String(pattern)}:\n${output.slice(-40).join("\n")}`));
        };
        listeners.add(look);
        look();
      });
    },
    async start() {
      host.spawn();
      while (host.pid !== undefined) {
        if (await isUp(`${host.url}/v1.0/healthz/outbound`)) return;
        await delay(10);
      }
      throw new Error(`trilbyd ended in its start:\n${output.slice(-40).join("\n")}`);
    },
    async kill() {
      running?.process.kill("SIGKILL");
      await running?.exit;
    },
    signal: (name) => void running?.process.kill(name),
    exit: () => running?.exit ?? Promise.resolve(null),
    children: () => (host.pid === undefined ? [] : childrenOf(host.pid)),
    async stop() {
      const timer = setTimeout(() => running?.process.kill("SIGKILL"), 10_000);
      running?.process.kill("SIGTERM");
      await running?.exit;
      clearTimeout(timer);
      for (const claim of claims) claim.release();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return host;
}

/** A Component as YAML. */
export function component(
  name: string,
  type: string,
  metadata: Readonly<Record<string, string>> = {},
  { version = "v1", more = "" } = {},
): string {
  const items = Object.entries(metadata).map(
    ([key, value]) => `    - name: ${key}\n      value: ${JSON.stringify(value)}\n`,
  );
  const list = items.length === 0 ? "" : `  metadata:\n${items.join("")}`;
  return `apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata:\n  name: ${name}\nspec:\n  type: ${type}\n  version: ${version}\n${list}${more}`;
}

function childrenOf(parent: number): number[] {
  const table = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" });
  return table
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([pid, of]) => (of === parent && pid !== undefined ? [pid] : []));
}

async function isUp(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
