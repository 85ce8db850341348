import { claimPort } from "@trilby/services";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { type ComponentRow, yamlOf } from "./component-row.ts";
import { startNode } from "./node-process.ts";
import type { Placement, Protocol, SdkPorts } from "./world.ts";

export interface TrilbydSetup {
  readonly appId: string;
  readonly app: {
    readonly port: number;
    readonly protocol: Protocol;
    start(ports: SdkPorts): Promise<() => Promise<void>>;
  };
  readonly components: readonly ComponentRow[];
  readonly placement: Exclude<Placement, "in-process">;
}

export interface Trilbyd {
  readonly httpPort: number;
  readonly grpcPort: number;
  /** Ends the host, the app and what served sockets. Rejects when the host did not end well. */
  stop(): Promise<void>;
}

/** Starts `trilbyd` in a process of its own, and the components' processes where they are somebody else's. */
export async function startTrilbyd({ appId, app, components, placement }: TrilbydSetup): Promise<Trilbyd> {
  const folder = await mkdtemp(join(tmpdir(), "trilby-sdk-"));
  const closing: (() => unknown)[] = [() => rm(folder, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    for (const close of closing.splice(0).toReversed()) await close();
  };
  try {
    await Promise.all(
      components.map(async (row) => {
        const socket = join(folder, `${row.name}.sock`);
        const where = placement === "child" ? { "trilby.dev/placement": "child" } : { "trilby.dev/socket": socket };
        await writeFile(join(folder, `${row.name}.yaml`), yamlOf(row, where));
        if (placement === "socket") closing.push(await serveOnSocket(row, socket));
      }),
    );
    const [http, grpc] = await Promise.all([claimPort(), claimPort()]);
    closing.push(http.release, grpc.release);
    const host = startNode(repository("host/src/main.ts"), [
      ...[`--app-id=${appId}`, `--app-port=${app.port}`, `--app-protocol=${app.protocol}`],
      ...[`--dapr-http-port=${http.port}`, `--dapr-grpc-port=${grpc.port}`, "--dapr-listen-addresses=127.0.0.1"],
      ...["--enable-metrics=false", `--resources-path=${folder}`],
    ]);
    closing.push(() => host.stop());
    const ports = { httpPort: http.port, grpcPort: grpc.port };
    await untilHealthy(`http://127.0.0.1:${http.port}/v1.0/healthz/outbound`, host);
    // Goes after the host, which may still be delivering to it.
    closing.splice(-1, 0, await app.start({ ...ports, appPort: app.port }));
    await untilHealthy(`http://127.0.0.1:${http.port}/v1.0/healthz`, host);
    return { ...ports, stop };
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
}

async function serveOnSocket(row: ComponentRow, socket: string): Promise<() => Promise<void>> {
  const words = ["--socket", socket, "--only", `${row.type}/${row.version ?? "v1"}`];
  const component = startNode(repository(`components/${row.package}/src/main.ts`), words);
  await component.said(`trilby component ready ${socket}`);
  return () => component.stop();
}

async function untilHealthy(url: string, host: ReturnType<typeof startNode>): Promise<void> {
  const deadline = performance.now() + 40_000;
  for (;;) {
    const status = await fetch(url).then(
      (response) => response.status,
      () => 0,
    );
    if (status === 204) return;
    if (host.ended() || performance.now() > deadline)
      throw new Error(`trilbyd answers ${status} at ${url}; it said:\n${host.output()}`);
    await delay(25);
  }
}

function repository(path: string): string {
  return fileURLToPath(new URL(`../../../${path}`, import.meta.url));
}
