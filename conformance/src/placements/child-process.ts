import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Kind } from "@trilby/kit";
import type { ComponentProcess, Placement } from "../core/world.ts";
import { remoteSession, type RemoteSettings } from "./remote-session.ts";

export interface ChildSettings<K extends Kind> extends Omit<RemoteSettings<K>, "process" | "socket"> {
  /** Program and arguments. `{socket}` in an argument stands for the socket's path. */
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder?: string;
  /** How long it may take to listen. Default 20 s. */
  readonly startTimeoutMs?: number;
}

/** A component in a process of its own, which the suite starts on a private socket and may kill. */
export function childProcess<K extends Kind>(settings: ChildSettings<K>): Placement<K> {
  return {
    name: "socket",
    abilities: new Set(["wire", "kill-component"]),
    async start() {
      const folder = await mkdtemp(join(tmpdir(), "trilby-"));
      const sockets = join(folder, "s");
      await mkdir(sockets, { mode: 0o700 });
      const child = createChild(settings, sockets);
      const end = async (): Promise<void> => {
        await child.end();
        await rm(folder, { recursive: true, force: true });
      };
      try {
        const socket = await child.start();
        const session = await remoteSession({ ...settings, socket, process: child.process });
        const close = async (): Promise<void> => {
          await session.close();
          await end();
        };
        return { ...session, close };
      } catch (error) {
        await end();
        throw error;
      }
    },
  };
}

const endTimeoutMs = 5_000;

function createChild(settings: ChildSettings<Kind>, sockets: string) {
  const { command, environment = {}, folder, startTimeoutMs = 20_000 } = settings;
  let running: ChildProcess | undefined;
  let gone: Promise<string> = Promise.resolve("it was not started");
  let printed = "";

  const start = async (): Promise<string> => {
    const [program, ...words] = command.map((word) => word.replaceAll("{socket}", join(sockets, "component.sock")));
    if (!program) throw new Error("the command is empty");
    // Component SDKs read one or the other.
    const folders = { DAPR_COMPONENTS_SOCKETS_FOLDER: sockets, DAPR_COMPONENT_SOCKETS_FOLDER: sockets };
    const env = { ...process.env, ...environment, ...folders, TRILBY_PARENT: "stdin" };
    const child = spawn(program, words, { cwd: folder, env, stdio: ["pipe", "pipe", "pipe"] });
    running = child;
    printed = "";
    const keep = (part: Buffer): void => {
      printed = (printed + part.toString()).slice(-8_000);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.stdin.on("error", () => undefined);
    gone = new Promise((resolve) => {
      child.once("error", (error) => resolve(error.message));
      child.once("close", (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
    });
    let ended: string | undefined;
    void gone.then((why) => (ended = why));
    const deadline = performance.now() + startTimeoutMs;
    for (;;) {
      const [found] = (await readdir(sockets, { withFileTypes: true })).filter((entry) => entry.isSocket());
      if (found) return join(sockets, found.name);
      if (ended !== undefined) throw new Error(`${command.join(" ")} ended (${ended}) before it listened:\n${printed}`);
      if (performance.now() > deadline) {
        throw new Error(`${command.join(" ")} made no socket in ${sockets} within ${startTimeoutMs} ms:\n${printed}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  const kill = async (): Promise<void> => {
    running?.kill("SIGKILL");
    await gone;
    // What a killed process leaves behind would be taken for the next one's.
    for (const name of await readdir(sockets)) await rm(join(sockets, name), { force: true });
  };

  const control: ComponentProcess = {
    kill,
    restart: async () => void (await start()),
    alive: () => running !== undefined && running.exitCode === null && running.signalCode === null,
  };

  return {
    process: control,
    start,
    async end(): Promise<void> {
      if (!control.alive()) return;
      running!.kill("SIGTERM");
      const timer = setTimeout(() => running!.kill("SIGKILL"), endTimeoutMs);
      await gone;
      clearTimeout(timer);
    },
  };
}
