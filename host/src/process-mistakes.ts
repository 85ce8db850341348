import type { Logger } from "@trilby/kit";

const mostInWindow = 100;
const windowMs = 10_000;

/**
 * Logs what nobody caught and goes on. The host's own state is behind requests that fail one by one; what is thrown out of
 * nowhere comes from a library's event emitter in an in-process component, and one bad component must not take down the
 * others. A flood of them is a state that only a restart mends: then the process ends, and says so.
 */
export function surviveMistakes(logger: Logger, end: () => void): void {
  const times: number[] = [];
  const take = (what: string, error: unknown): void => {
    logger.error(what, { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    const now = performance.now();
    times.push(now);
    while (times.length > 0 && (times[0] ?? 0) < now - windowMs) times.shift();
    if (times.length >= mostInWindow) end();
  };
  process.on("unhandledRejection", (reason) => take("a promise was rejected and nobody handled it", reason));
  process.on("uncaughtException", (error) => take("an exception was thrown and nobody caught it", error));
}
