import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Certificates } from "./certificates.ts";
import { createDataFolder } from "./data-folder.ts";
import { claimPort, type PortClaim } from "./ports.ts";
import { startProcess, type ServerCommand, type ServerProcess } from "./server-process.ts";
import type { Service, ServiceName } from "./service.ts";

export interface Installed {
  name: ServiceName;
  /** How many ports it needs; the first is the one clients use. */
  ports?: number;
  /** Runs once, before the first start: configuration, certificates, an empty database. */
  prepare(place: Place): Promise<Prepared>;
}

export interface Place {
  folder: string;
  ports: number[];
  port: number;
}

export interface Prepared {
  command: Omit<ServerCommand, "folder" | "logFile">;
  url: string;
  certificates?: Certificates | undefined;
  /** Resolves true when the server does its work; called again and again until then. */
  probe(): Promise<boolean>;
  /** After each start, once the probe has succeeded. */
  started?(): Promise<void>;
  /** What `kill` sends, where SIGKILL would break promises that other servers of the kind keep. */
  killSignal?: NodeJS.Signals | undefined;
  /** Other processes of the server that SIGKILL must reach as well. */
  family?(pid: number): number[];
  /** Given to every start. Default 60 s: machines are busy. */
  startTimeoutMs?: number;
}

export async function startInstalled(installed: Installed): Promise<Service> {
  const folder = createDataFolder(installed.name);
  const claims: PortClaim[] = [];
  const cleanUp = () => {
    for (const claim of claims) claim.release();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    for (let index = 0; index < (installed.ports ?? 1); index++) claims.push(await claimPort());
    const ports = claims.map((claim) => claim.port);
    const port = ports[0]!;
    const prepared = await installed.prepare({ folder, ports, port });
    let current = await launch(installed.name, folder, prepared);
    let stopped = false;

    return {
      name: installed.name,
      source: "installed",
      host: "127.0.0.1",
      port,
      address: `127.0.0.1:${port}`,
      url: prepared.url,
      certificates: prepared.certificates,
      get pid() {
        return current.pid;
      },
      async stop() {
        if (stopped) return;
        stopped = true;
        await current.end();
        cleanUp();
      },
      async kill() {
        const pid = current.pid;
        const family = pid === undefined ? [] : (prepared.family?.(pid) ?? []);
        const gone = current.signal(prepared.killSignal ?? "SIGKILL");
        for (const member of family) killQuietly(member);
        await gone;
      },
      async restart() {
        if (stopped) throw new Error(`${installed.name} was stopped; its data is gone`);
        await current.end();
        current = await launch(installed.name, folder, prepared);
      },
      pause: () => current.pause(),
      resume: async () => current.resume(),
      log: () => current.log(),
    };
  } catch (error) {
    cleanUp();
    throw error;
  }
}

async function launch(name: ServiceName, folder: string, prepared: Prepared): Promise<ServerProcess> {
  const server = startProcess({ ...prepared.command, folder, logFile: join(folder, "server.log") });
  const deadline = Date.now() + (prepared.startTimeoutMs ?? 60_000);
  for (;;) {
    if (server.ended !== undefined) {
      throw new Error(`${name} ended while starting (${server.ended}):\n${lastLines(server.log())}`);
    }
    if (await prepared.probe().catch(() => false)) break;
    if (Date.now() > deadline) {
      await server.signal("SIGKILL");
      throw new Error(`${name} did not answer in time:\n${lastLines(server.log())}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await prepared.started?.();
  return server;
}

function lastLines(log: string): string {
  return log.trimEnd().split("\n").slice(-30).join("\n");
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone already.
  }
}
