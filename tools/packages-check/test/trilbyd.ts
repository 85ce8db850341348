import { spawn } from "node:child_process";
import { once } from "node:events";
import { claimPort } from "@trilby/services";
import { userEnvironment } from "./workspace-copy.ts";

export interface Daemon {
  /** Of the HTTP API, `http://127.0.0.1:port`. */
  url: string;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  log(): string;
}

/** `npx trilbyd` in a user's folder, up to the moment its health answers; for that it waits for its application, which `startApp` starts. */
export async function startTrilbyd(
  folder: string,
  words: string[],
  startApp?: (httpPort: string) => void,
): Promise<Daemon> {
  const ports = [await claimPort(), await claimPort(), await claimPort()];
  const [http, grpc, metrics] = ports.map(({ port }) => String(port)) as [string, string, string];
  const flags = ["--dapr-http-port", http, "--dapr-grpc-port", grpc, "--metrics-port", metrics];
  // Without npx in between, so that the signal reaches it.
  const child = spawn("node_modules/.bin/trilbyd", [...words, ...flags], { cwd: folder, env: userEnvironment() });
  let log = "";
  child.stdout.on("data", (part: Buffer) => (log += part.toString()));
  child.stderr.on("data", (part: Buffer) => (log += part.toString()));
  startApp?.(http);
  const ended = once(child, "close") as Promise<[number | null]>;

  const daemon: Daemon = {
    url: `http://127.0.0.1:${http}`,
    async stop() {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
      const [code] = await ended;
      clearTimeout(timer);
      for (const port of ports) port.release();
      return code;
    },
    log: () => log,
  };
  const deadline = Date.now() + 60_000;
  while (!(await healthy(daemon.url))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await daemon.stop();
      throw new Error(`trilbyd did not become healthy:\n${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return daemon;
}

async function healthy(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/v1.0/healthz`)).status === 204;
  } catch {
    return false;
  }
}
