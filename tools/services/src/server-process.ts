import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";

export interface ServerProcess {
  readonly pid: number | undefined;
  /** Resolves when the process is gone. */
  signal(name: NodeJS.Signals): Promise<void>;
  /** SIGTERM, and SIGKILL after `graceMs`. */
  end(graceMs?: number): Promise<void>;
  /** Resolves when every thread stands still. */
  pause(): Promise<void>;
  resume(): void;
  /** Set once the process has ended. */
  readonly ended: string | undefined;
  log(): string;
}

export interface ServerCommand {
  file: string;
  arguments: string[];
  env?: Record<string, string>;
  folder: string;
  /** Appended to, over restarts. */
  logFile: string;
  /** Who runs it, when this process is root and the server refuses to be. */
  user?: { uid: number; gid: number };
  /** The signal that ends this server without loss; SIGTERM unless given. */
  endSignal?: NodeJS.Signals;
}

/**
 * A server that ends with this process, however this process ends: a shell holds a pipe to us and kills the server when the pipe closes.
 * Both run in sessions of their own, so Ctrl-C in a terminal reaches neither before us.
 */
export function startProcess(command: ServerCommand): ServerProcess {
  const output = openSync(command.logFile, "a");
  const child = spawn(command.file, command.arguments, {
    cwd: command.folder,
    env: { ...environment(), ...command.env },
    stdio: ["ignore", output, output],
    detached: true,
    ...command.user,
  });
  closeSync(output);
  child.unref();

  let ended: string | undefined;
  const exit = new Promise<void>((resolve) => {
    child.once("error", (error) => {
      ended = error.message;
      resolve();
    });
    child.once("exit", (code, signal) => {
      ended = signal === null ? `exit code ${code}` : `signal ${signal}`;
      resolve();
    });
  });
  if (child.pid !== undefined) watch(child, exit);

  const send = (name: NodeJS.Signals) => {
    if (ended === undefined) child.kill(name);
  };
  return {
    get pid() {
      return ended === undefined ? child.pid : undefined;
    },
    get ended() {
      return ended;
    },
    async signal(name) {
      send(name);
      await alive(exit);
    },
    async end(graceMs = 10_000) {
      send("SIGCONT");
      send(command.endSignal ?? "SIGTERM");
      const timer = setTimeout(() => send("SIGKILL"), graceMs);
      await alive(exit);
      clearTimeout(timer);
    },
    async pause() {
      send("SIGSTOP");
      const moves = () => ended === undefined && child.pid !== undefined && !standsStill(child.pid);
      while (moves()) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    },
    resume: () => send("SIGCONT"),
    log: () => readFileSync(command.logFile, "utf8"),
  };
}

/** The signal takes effect thread by thread, a moment later. Only Linux tells; elsewhere the moment is not waited for. */
function standsStill(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).every((thread) =>
      /\) [TZX] /.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8")),
    );
  } catch {
    return true;
  }
}

function watch(child: ChildProcess, exit: Promise<void>): void {
  const watchdog = spawn("/bin/sh", ["-c", `read _; kill -9 ${child.pid} 2>/dev/null`], {
    cwd: "/",
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  watchdog.unref();
  watchdog.on("error", () => {});
  (watchdog.stdin as unknown as { unref(): void }).unref();
  watchdog.stdin?.on("error", () => {});
  // Its process id may belong to someone else later: the watchdog must not outlive the server.
  void exit.then(() => watchdog.kill("SIGKILL"));
}

// The child is unreferenced so that a forgotten server keeps no process alive; one that is waited for must.
async function alive(exit: Promise<void>): Promise<void> {
  const timer = setInterval(() => {}, 1_000);
  await exit;
  clearInterval(timer);
}

// Ours is for running TypeScript under test; a Java or Node server has no use for it.
function environment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...rest } = process.env;
  return rest;
}
