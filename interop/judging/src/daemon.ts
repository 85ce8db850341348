import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { claimPort } from "@trilby/services";
import { root } from "./components.ts";
import { cacheFolder, NotBuilt } from "./cache.ts";
import { startProcess, type RunningProcess } from "./processes.ts";
import { until } from "./until.ts";

/** Dapr's own, from the cache. Throws where it was not built. */
export function daprd(): Program {
  const program = join(cacheFolder("daprd-1.18.2"), "daprd");
  if (!existsSync(program)) throw new NotBuilt(`there is no stock daprd here: run tools/services/install/daprd`);
  return { program };
}

/** The host as a release publishes it. */
export const trilbyd: Program = { program: process.execPath, words: [join(root, "host", "dist", "main.js")] };

export interface Program {
  readonly program: string;
  readonly words?: readonly string[];
}

export interface DaemonOptions {
  readonly appId: string;
  /** A new folder of its own. */
  readonly folder: string;
  /** File name -> YAML. */
  readonly resources: Readonly<Record<string, string>>;
  /** Where it runs, and so where trilbyd finds component packages; else `folder`. */
  readonly workingFolder?: string;
  readonly socketsFolder: string;
  readonly appPort?: number;
  readonly appProtocol?: "http" | "grpc";
  /** Of its APIs, where they have to be known before it runs; else free ones. */
  readonly ports?: { readonly http: number; readonly grpc: number };
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Daemon {
  readonly process: RunningProcess;
  readonly http: string;
  /** `127.0.0.1:port` */
  readonly grpc: string;
}

/** Starts daprd, or a daemon that takes its flags, and waits until it is healthy. */
export async function startDaemon({ program, words = [] }: Program, options: DaemonOptions): Promise<Daemon> {
  const { appId, folder, resources, socketsFolder, appPort, appProtocol, ports, environment = {} } = options;
  const resourcesPath = join(folder, "resources");
  mkdirSync(resourcesPath, { recursive: true });
  for (const [name, text] of Object.entries(resources)) writeFileSync(join(resourcesPath, name), text);
  const http = ports?.http ?? (await freePort());
  const grpc = ports?.grpc ?? (await freePort());
  const internal = await freePort();
  const flags = {
    "app-id": appId,
    "resources-path": resourcesPath,
    "dapr-http-port": http,
    "dapr-grpc-port": grpc,
    "dapr-internal-grpc-port": internal,
    "dapr-listen-addresses": "127.0.0.1",
    "enable-metrics": false,
    "log-level": "info",
    ...(appPort !== undefined && { "app-port": appPort }),
    ...(appProtocol !== undefined && { "app-protocol": appProtocol }),
  };
  const running = startProcess(
    program,
    [...words, ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`)],
    {
      cwd: options.workingFolder ?? folder,
      environment: { DAPR_COMPONENTS_SOCKETS_FOLDER: socketsFolder, ...environment },
    },
  );
  const url = `http://127.0.0.1:${http}`;
  try {
    await until(
      "the daemon's healthz",
      async () => {
        if (running.ended() !== undefined) return true;
        return (await fetch(`${url}/v1.0/healthz/outbound`)).ok;
      },
      60_000,
    );
    if (running.ended() !== undefined) throw new Error(`ended with ${running.ended()}`);
  } catch (error) {
    const log = running.log();
    await running.kill();
    throw new Error(`the daemon did not start:\n${log}`, { cause: error });
  }
  return { process: running, http: url, grpc: `127.0.0.1:${grpc}` };
}

async function freePort(): Promise<number> {
  return (await claimPort()).port;
}
