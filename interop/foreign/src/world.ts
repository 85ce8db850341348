import { mkdirSync } from "node:fs";
import { join } from "node:path";
import {
  type Api,
  type App,
  componentYaml,
  grpcApi,
  httpApi,
  type RunningProcess,
  startApp,
  startDaemon,
  startProcess,
  type Program,
  temporaryFolder,
} from "@trilby/interop-judging";

export interface World {
  readonly apis: readonly Api[];
  readonly app: App;
  /** The process with the three components. */
  components(): RunningProcess;
  restartComponents(): Promise<void>;
  stop(): Promise<void>;
}

/** The foreign components on their sockets, a daemon that has them, and an application. */
export async function openWorld(daemonProgram: Program, componentsProgram: string): Promise<World> {
  const { path: folder, remove } = temporaryFolder();
  const socketsFolder = join(folder, "sockets");
  mkdirSync(socketsFolder, { mode: 0o700 });
  const undo: (() => unknown)[] = [remove];
  const stop = async (): Promise<void> => {
    for (let next = undo.pop(); next !== undefined; next = undo.pop()) await next();
  };

  let components: RunningProcess;
  const start = async (): Promise<void> => {
    // The SDK's spelling of the variable.
    const environment = { DAPR_COMPONENT_SOCKETS_FOLDER: socketsFolder };
    components = startProcess(componentsProgram, [], { cwd: folder, environment });
    for (const name of ["shelf", "tube", "bell"])
      await components.line((line) => line.includes("using socket defined at") && line.includes(`${name}.sock`));
  };
  try {
    await start();
    undo.push(() => components.stop());
    const app = await startApp([{ pubsubname: "tube", topic: "orders", route: "/orders" }]);
    undo.push(() => app.stop());
    const daemon = await startDaemon(daemonProgram, {
      appId: "foreign",
      folder,
      socketsFolder,
      appPort: app.port,
      resources: {
        "shelf.yaml": componentYaml("shelf", "state.shelf", { file: join(folder, "shelf.json") }),
        "tube.yaml": componentYaml("tube", "pubsub.tube"),
        "bell.yaml": componentYaml("bell", "bindings.bell"),
      },
    });
    undo.push(() => daemon.process.stop());
    const apis = [httpApi(daemon.http), await grpcApi(daemon.grpc)];
    undo.push(() => apis.forEach((api) => api.close()));
    return {
      apis,
      app,
      components: () => components,
      async restartComponents() {
        await components.kill();
        await start();
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
