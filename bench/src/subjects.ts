import { join } from "node:path";
import { buildGo, type RunningProcess, servePackage, startProcess, temporaryFolder } from "@trilby/interop-judging";
import { profiling, startDaemon, type Component } from "./daemon.ts";
import { descendantsOf, type Subject } from "./subject.ts";

/** What the tables call them. daprd with its own components is what all others are compared with. */
export const subjectNames = {
  builtin: "daprd built-in",
  ours: "daprd + our component",
  go: "daprd + Go component",
  inProcess: "trilbyd in-process",
  child: "trilbyd child",
  socket: "trilbyd socket",
  underTrilby: "trilbyd + Go component",
} as const;

export type SubjectKey = keyof typeof subjectNames;

export interface Setting {
  readonly components: readonly Component[];
  readonly appPort?: number | undefined;
  /** The servers behind the components. */
  readonly backends?: readonly number[];
}

/** Starts a daemon with these components, each where the subject's name says. */
export async function openSubject(key: SubjectKey, setting: Setting): Promise<Subject> {
  const { components, appPort, backends = [] } = setting;
  const served = await serve(key, components);
  try {
    const daemon = await startDaemon({
      program: key === "builtin" || key === "ours" || key === "go" ? "daprd" : "trilbyd",
      components: key === "go" || key === "underTrilby" ? components.map(asGo) : components,
      placement: key === "child" ? "child" : "in-process",
      socketsFolder: served.folder,
      appPort,
    });
    return {
      http: daemon.http,
      grpc: daemon.grpc,
      watched: () => ({
        daemon: daemon.process.pid,
        components: [...served.pids, ...descendantsOf(daemon.process.pid)],
        backends,
      }),
      async close() {
        await daemon.close();
        await served.close();
      },
    };
  } catch (error) {
    await served.close();
    throw error;
  }
}

interface Served {
  readonly folder: string | undefined;
  readonly pids: readonly number[];
  close(): Promise<void>;
}

async function serve(key: SubjectKey, components: readonly Component[]): Promise<Served> {
  const ours = key === "ours" || key === "socket";
  if (!ours && key !== "go" && key !== "underTrilby")
    return { folder: undefined, pids: [], close: () => Promise.resolve() };
  const folder = temporaryFolder();
  const processes = ours
    ? await Promise.all(
        components.flatMap(({ package: name }) =>
          name === undefined
            ? []
            : [servePackage(name, { socketsFolder: folder.path, environment: profiling() }).then((one) => one.process)],
        ),
      )
    : [await serveGo(folder.path)];
  return {
    folder: folder.path,
    pids: processes.map(({ pid }) => pid),
    async close() {
      await Promise.all(processes.map((each) => each.stop()));
      folder.remove();
    },
  };
}

async function serveGo(folder: string): Promise<RunningProcess> {
  const program = buildGo("bench-component", join(import.meta.dirname, "..", "component"), ["build"]);
  const running = startProcess(program, [], {
    environment: { DAPR_COMPONENT_SOCKETS_FOLDER: folder },
  });
  await running.line((line) => line.includes("using socket defined at"));
  // The SDK does not always end when it is asked to.
  return { ...running, stop: running.kill };
}

/** The store that component/ serves takes the place of the setting's. */
function asGo({ name }: Component): Component {
  return { name, type: "state.go-memory" };
}
