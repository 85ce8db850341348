import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface StartOptions {
  readonly cwd?: string;
  /** Added to this process's environment; undefined takes a variable away. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly onLine?: (line: string) => void;
}

export interface RunningProcess {
  readonly pid: number;
  /** Exit code, or the name of the signal; undefined while it runs. */
  readonly ended: () => string | undefined;
  /** Resolves with the first line, from the start, that `wanted` takes. Rejects when the process ends before. */
  line(wanted: (line: string) => boolean, timeoutMs?: number): Promise<string>;
  /** Its last lines. */
  log(): string;
  /** SIGKILL, and waits. */
  kill(): Promise<void>;
  /** SIGTERM, and SIGKILL after ten seconds. */
  stop(): Promise<void>;
}

/** Starts a program whose lines are kept. It ends with this process. */
export function startProcess(
  program: string,
  words: readonly string[],
  { cwd, environment = {}, onLine }: StartOptions = {},
): RunningProcess {
  const child = spawn(program, words, {
    ...(cwd !== undefined && { cwd }),
    env: { ...process.env, NODE_OPTIONS: undefined, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  let ending: string | undefined;
  const closed = new Promise<void>((resolve) => {
    const end = (how: string): void => {
      ending ??= how;
      running.delete(killNow);
      changed();
      resolve();
    };
    child.once("error", (error) => end(error.message));
    child.once("close", (code, signal) => end(signal ?? String(code)));
  });
  const killNow = (): void => void child.kill("SIGKILL");
  running.add(killNow);
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      onLine?.(line);
      if (lines.length > 20_000) lines.splice(0, 10_000);
      changed();
    });
  }
  const log = (): string => lines.slice(-40).join("\n");

  return {
    pid: child.pid ?? 0,
    ended: () => ending,
    log,
    line(wanted, timeoutMs = 60_000) {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      const look = (): void => {
        const found = lines.find(wanted);
        if (found !== undefined) resolve(found);
        else if (ending !== undefined) reject(new Error(`${program} ended with ${ending}:\n${log()}`));
      };
      const late = (): void => reject(new Error(`${program} did not say it within ${timeoutMs / 1_000} s:\n${log()}`));
      const timer = setTimeout(late, timeoutMs);
      listeners.add(look);
      look();
      return promise.finally(() => {
        clearTimeout(timer);
        listeners.delete(look);
      });
    },
    async kill() {
      child.kill("SIGKILL");
      await closed;
    },
    async stop() {
      child.kill("SIGTERM");
      const timer = setTimeout(killNow, 10_000);
      await closed;
      clearTimeout(timer);
    },
  };
}

const running = new Set<() => void>();
process.on("exit", () => {
  for (const kill of running) kill();
});
