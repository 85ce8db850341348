import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import type { Logger } from "@trilby/kit";

import { forwardLogLine } from "./forward-log-line.ts";
import { lines } from "./lines.ts";
import { maxMessageBytes } from "./remote.ts";

/** A component's process that serves its socket. */
export interface ComponentProcess {
  readonly pid: number;
  /** Resolves to how it ended, in words for people. */
  readonly ended: Promise<string>;
  /** Asks it to finish, and ends it when it does not within the time. Resolves when it has ended. */
  stop(timeoutMs: number): Promise<void>;
  kill(): void;
}

/** What the child is to serve. */
export interface ChildTask {
  /** Removed at the child's end, for when the host is not there any more to do it. */
  readonly folder: string;
  /** URL of the package's entry module. */
  readonly entryUrl: string;
  readonly type: string;
  readonly version: string;
}

export interface ChildSettings extends ChildTask {
  readonly socketPath: string;
  readonly logger: Logger;
  readonly logLevel: string;
}

/**
 * Starts a component package in a process of its own and resolves when it serves its socket. The child reads its standard
 * input and ends itself when that closes: the kernel closes it when this process dies, in whatever way, so there are no
 * orphans.
 */
export async function startChild(settings: ChildSettings, signal: AbortSignal): Promise<ComponentProcess> {
  const { socketPath, logger, logLevel, ...task } = settings;
  signal.throwIfAborted();
  const child = spawn(process.execPath, [...memoryFlags(), mainPath(), "--socket", socketPath], {
    stdio: ["pipe", "pipe", "pipe"],
    env: childEnvironment(task, logLevel),
  });
  // Writing to it is not wanted, and its end is told by the child's.
  child.stdin.on("error", () => {});
  const ready = Promise.withResolvers<void>();
  lines(child.stdout, (line) => {
    if (line === `trilby component ready ${socketPath}`) ready.resolve();
    else logger.info(line);
  });
  let lastError = "";
  lines(child.stderr, (line) => {
    lastError = forwardLogLine(line, logger) ?? lastError;
  });
  const ended = endOf(child, () => lastError);
  void ended.then((how) => ready.reject(new Error(how)));
  const giveUp = (): void => ready.reject(signal.reason as Error);
  signal.addEventListener("abort", giveUp);
  try {
    await ready.promise;
    logger.debug(`the component runs in process ${child.pid}`);
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
  return {
    pid: child.pid ?? 0,
    ended,
    kill: () => void child.kill("SIGKILL"),
    async stop(timeoutMs) {
      child.kill("SIGTERM");
      const force = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
      await ended;
      clearTimeout(force);
    },
  };
}

/** Under load V8's young generation would grow to 64 MB in each child. A word of the user's own on it counts. */
function memoryFlags(): string[] {
  const isChosen = /--max-semi-space-size|--max_semi_space_size/.test(process.env["NODE_OPTIONS"] ?? "");
  return isChosen ? [] : ["--max-semi-space-size=4"];
}

/** By way of the package's own exports, because built files do not lie where the sources do. */
function mainPath(): string {
  return createRequire(import.meta.url).resolve("@trilby/host/child");
}

/**
 * The host's environment, because clients of clouds and vaults find their credentials in it, without what is not the
 * component's business: the tokens of the API and the app, and a debugger's port, which this process has taken.
 */
function childEnvironment(task: ChildTask, logLevel: string): NodeJS.ProcessEnv {
  const { DAPR_API_TOKEN: _api, APP_API_TOKEN: _app, NODE_OPTIONS: options = "", ...rest } = process.env;
  const words = options.split(/\s+/).filter((word) => word !== "" && !word.startsWith("--inspect"));
  const conditions = process.execArgv.filter((word) => word.startsWith("--conditions="));
  return {
    ...rest,
    NODE_OPTIONS: [...new Set([...words, ...conditions])].join(" "),
    TRILBY_CHILD_TASK: JSON.stringify(task),
    TRILBY_PARENT: "stdin",
    TRILBY_LOG_LEVEL: logLevel,
    TRILBY_LOG_FORMAT: "json",
    TRILBY_MAX_MESSAGE_BYTES: String(maxMessageBytes),
  };
}

function endOf(child: ChildProcess, lastError: () => string): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(`its process could not be started: ${error.message}`));
    child.once("close", (code, signal) => {
      const how = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
      const why = lastError();
      resolve(`its process ${how}${why === "" || signal !== null ? "" : `: ${why}`}`);
    });
  });
}
