import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Program, startDaemon, startProcess, temporaryFolder, until } from "@trilby/interop-judging";
import { claimPort } from "@trilby/services";
import type { Backends } from "./backends.ts";
import type { AppCommand, Combination } from "./language.ts";
import { type Line, readLine } from "./line.ts";
import { type Broker, names, resources, topicsOf } from "./resources.ts";

export interface RunSettings extends Combination {
  readonly appId: string;
  /** Of this run alone. */
  readonly runId: string;
  readonly broker: Broker;
}

export interface AppRun {
  readonly lines: readonly Line[];
  /** Exit code, the name of a signal, or what else became of it. */
  readonly ended: string;
  /** What the app and the daemon said last. */
  readonly log: string;
  readonly seconds: number;
}

const timeoutMs = 60_000;

/** Runs an app to its end beside a daemon of its own; both start at once. */
export async function runApp(
  daemonProgram: Program,
  backends: Backends,
  { program, words, cwd, environment = {} }: AppCommand,
  { appId, runId, broker, client, app }: RunSettings,
): Promise<AppRun> {
  const started = performance.now();
  const { path: folder, remove } = temporaryFolder();
  const socketsFolder = join(folder, "sockets");
  mkdirSync(socketsFolder, { mode: 0o700 });
  const topics = topicsOf(runId);
  const claims = await Promise.all([claimPort(), claimPort(), claimPort()]);
  const [appPort, http, grpc] = claims.map(({ port }) => port) as [number, number, number];
  const lines: Line[] = [];
  const running = startProcess(program, words, {
    cwd: cwd ?? folder,
    onLine: (line) => {
      const read = readLine(line);
      if (read !== undefined) lines.push(read);
    },
    environment: {
      APP_PORT: String(appPort),
      APP_PROTOCOL: app,
      CLIENT_PROTOCOL: client,
      DAPR_HTTP_PORT: String(http),
      DAPR_GRPC_PORT: String(grpc),
      DAPR_HTTP_ENDPOINT: `http://127.0.0.1:${http}`,
      DAPR_GRPC_ENDPOINT: `http://127.0.0.1:${grpc}`,
      STATE_STORE: names.stateStore,
      PUBSUB: names.pubsub,
      TOPIC: topics.plain,
      STREAM_TOPIC: topics.streamed,
      BINDING: names.binding,
      CRON: names.cron,
      SECRET_STORE: names.secretStore,
      RUN_ID: runId,
      ...environment,
    },
  });
  const late = setTimeout(() => void running.kill(), timeoutMs);
  try {
    const daemon = await startDaemon(daemonProgram, {
      appId,
      folder,
      socketsFolder,
      // Where this judge's dependencies are found, the component packages.
      workingFolder: join(import.meta.dirname, ".."),
      appPort,
      appProtocol: app,
      ports: { http, grpc },
      resources: resources(backends, broker, folder, runId),
    });
    const ended = await until("the app's end", () => running.ended(), timeoutMs + 10_000);
    await daemon.process.stop();
    const log = `${running.log()}\n--- the daemon:\n${daemon.process.log()}`;
    return { lines, ended, log, seconds: (performance.now() - started) / 1_000 };
  } finally {
    clearTimeout(late);
    await running.kill();
    for (const { release } of claims) release();
    remove();
  }
}
