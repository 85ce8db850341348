import type { Logger } from "../contract/definition.ts";
import type { Serving } from "./start-serving.ts";

export interface ProcessEnd {
  /** Registers what is to be closed before the process exits. */
  closeFirst(serving: Serving): void;
  close(): Promise<void>;
}

/**
 * Ends the process in good order on SIGTERM and SIGINT and, as `withParent`, when standard input closes: a parent that was
 * killed cannot say goodbye, but its end of the pipe closes with it, so no child is left behind. A second signal ends it at
 * once. A rejection that nobody handles is logged: it must not take down other instances of this process. An exception in
 * the middle of nowhere leaves an unknown state behind, so it ends the process.
 */
export function exitOnEnd(logger: Logger, drainMs: number, withParent: boolean): ProcessEnd {
  const servings: Serving[] = [];
  const close = async (): Promise<void> => {
    await Promise.allSettled(servings.map((serving) => serving.close(drainMs)));
  };
  let ending = false;
  const end = (why: string): void => {
    if (ending) process.exit(1);
    ending = true;
    logger.info(`${why}: closing`);
    void close().then(() => process.exit(0));
  };

  process.on("SIGTERM", () => end("SIGTERM"));
  process.on("SIGINT", () => end("SIGINT"));
  if (withParent) {
    const gone = (): void => {
      if (!ending) end("the parent process is gone");
    };
    process.stdin.on("end", gone).on("close", gone).on("error", gone).resume();
  }
  // Nobody reads the output of an orphan; that alone is no reason to fall over.
  process.stdout.on("error", () => undefined);
  process.stderr.on("error", () => undefined);
  process.on("unhandledRejection", (reason) =>
    logger.error("a promise was rejected and nobody handled it", { error: describe(reason) }),
  );
  process.on("uncaughtException", (error) => {
    logger.error("an exception was thrown and nobody caught it: ending", { error: describe(error) });
    process.exit(1);
  });
  return { closeFirst: (serving) => void servings.push(serving), close };
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
