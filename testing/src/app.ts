import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";

/** A port where the application listens or will; an HTTP handler such as an Express app; or anything that can be started. */
export type App = number | RequestListener | AppToStart;

export interface AppToStart {
  /** Absent: `http`. */
  readonly protocol?: "http" | "https" | "h2c" | "grpc" | "grpcs";
  /** Where it will listen. Absent: a free port is picked. */
  readonly port?: number;
  /** Called when the host's APIs answer. Makes the application listen on `appPort`; resolves to what ends it. */
  start(ports: AppPorts): Promise<(() => unknown) | undefined | void>;
}

export interface AppPorts {
  readonly appPort: number;
  readonly httpPort: number;
  readonly grpcPort: number;
}

/** An application whose port is known. */
export interface PlacedApp {
  readonly port: number;
  readonly protocol: NonNullable<AppToStart["protocol"]>;
  start(ports: AppPorts): Promise<void>;
  /** Idempotent. Resolves when nothing of it that the test host started is open. */
  stop(): Promise<void>;
}

export async function placeApp(app: App): Promise<PlacedApp> {
  if (typeof app === "number") return { port: app, protocol: "http", start: nothing, stop: nothing };
  if (typeof app === "function") return listen(app);
  let end: (() => unknown) | undefined | void;
  return {
    port: app.port ?? (await freePort()),
    protocol: app.protocol ?? "http",
    async start(ports) {
      end = await app.start(ports);
    },
    async stop() {
      const ending = end;
      end = undefined;
      await ending?.();
    },
  };
}

const nothing = (): Promise<void> => Promise.resolve();

async function listen(handler: RequestListener): Promise<PlacedApp> {
  const server: Server = createServer(handler).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    protocol: "http",
    start: nothing,
    async stop() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
