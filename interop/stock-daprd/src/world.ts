import { mkdirSync } from "node:fs";
import { join } from "node:path";
import {
  type Api,
  type App,
  daprd,
  type Daemon,
  grpcApi,
  httpApi,
  startApp,
  startDaemon,
  type Subscription,
  temporaryFolder,
} from "@trilby/interop-judging";
import { startBackends } from "./backends.ts";
import {
  builtinTypes,
  type OurComponents,
  ourTypes,
  resources,
  secrets,
  serveOurs,
  writeSecrets,
} from "./components.ts";
import { createUndo, type Undo } from "./undo.ts";

/** A stock daprd with its application. */
export interface Side {
  readonly name: "ours" | "builtin";
  readonly app: App;
  readonly daemon: () => Daemon;
  readonly http: () => Api;
  readonly grpc: () => Api;
  restart(): Promise<void>;
}

export interface World {
  /** Loads our components from its sockets folder. */
  readonly ours: Side;
  /** Has nothing but its own components. */
  readonly builtin: Side;
  readonly components: OurComponents;
  stop(): Promise<void>;
}

const subscriptions: readonly Subscription[] = [
  { pubsubname: "kafka", topic: "orders", route: "/kafka-orders" },
  { pubsubname: "channel", topic: "orders", route: "/channel-orders" },
];

export async function openWorld(): Promise<World> {
  const program = daprd();
  const undo = createUndo();
  try {
    const { path: folder, remove } = temporaryFolder();
    undo.push(remove);
    const sockets = { ours: join(folder, "sockets"), builtin: join(folder, "no-sockets") };
    mkdirSync(sockets.builtin);
    const backends = await startBackends(undo);
    const components = await serveOurs(sockets.ours, undo);
    const side = async (name: Side["name"]): Promise<Side> => {
      const own = join(folder, name);
      mkdirSync(own);
      await writeSecrets(backends, own);
      const files = resources(backends, own, name === "ours" ? ourTypes : builtinTypes);
      return openSide(name, undo, (appPort) =>
        startDaemon(program, {
          appId: name,
          folder: own,
          socketsFolder: sockets[name],
          appPort,
          resources: files,
          // Its own store of secrets reads the environment of daprd, ours that of the component.
          environment: name === "builtin" ? secrets : {},
        }),
      );
    };
    return { ours: await side("ours"), builtin: await side("builtin"), components, stop: () => undo.all() };
  } catch (error) {
    await undo.all();
    throw error;
  }
}

async function openSide(name: Side["name"], undo: Undo, start: (appPort: number) => Promise<Daemon>): Promise<Side> {
  const app = await startApp(subscriptions);
  undo.push(() => app.stop());
  let daemon: Daemon;
  let [http, grpc]: Api[] = [];
  const open = async (): Promise<void> => {
    daemon = await start(app.port);
    http = httpApi(daemon.http);
    grpc = await grpcApi(daemon.grpc);
  };
  const close = async (): Promise<void> => {
    grpc?.close();
    await daemon.process.stop();
  };
  await open();
  undo.push(close);
  return {
    name,
    app,
    daemon: () => daemon,
    http: () => http!,
    grpc: () => grpc!,
    async restart() {
      await close();
      await open();
    },
  };
}
