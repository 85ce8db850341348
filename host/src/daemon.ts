import type { CompiledCode } from "./compile-cache.ts";
import { giveBackWhenIdle } from "./idle-memory.ts";
import type { Log } from "./observability/log.ts";
import type { ReadOptions } from "./options/host-options.ts";
import { daprVersion, hostVersion } from "./options/version.ts";
import { surviveMistakes } from "./process-mistakes.ts";
import { listenForSignals } from "./process-signals.ts";
import { createRuntime } from "./runtime.ts";
import { limitYoungGeneration, withStartGrowth } from "./young-generation.ts";

export { openLog } from "./observability/open-log.ts";

/**
 * Runs hosts in this process until a signal or the shutdown API ends it: SIGTERM and SIGINT stop in good order, a second
 * one at once; SIGHUP stops the host and starts it again, reading all files anew. Resolves to the exit code.
 */
export async function daemon(
  { options, warnings }: ReadOptions,
  log: Log,
  code: Pick<CompiledCode, "save">,
): Promise<number> {
  const logger = log.scope("dapr.runtime");
  surviveMistakes(logger, () => {
    log.fatal("dapr.runtime", "too many uncaught exceptions in a short time: ending");
    process.exit(1);
  });
  logger.info(`Starting trilbyd -- version ${hostVersion()} -- Dapr API ${daprVersion}`);
  logger.info(`Log level set to: ${options.log.level}`);
  for (const warning of warnings) logger.warn(warning);

  const saveCode = (): void => withStartGrowth(() => code.save());
  let wasReady = false;
  let isLimited = false;
  const signals = listenForSignals();
  for (;;) {
    const runtime = createRuntime(options, { log });
    const whenReady = async (): Promise<void> => {
      await runtime.ready;
      wasReady = true;
      setTimeout(saveCode, afterStartMs).unref();
    };
    void whenReady();
    const failed = runtime.start().then(
      () => {
        if (!isLimited) giveBackWhenIdle(limitYoungGeneration(mostYoungMebibytes));
        isLimited = true;
        return new Promise<never>(() => {});
      },
      (error: unknown) => ({ kind: "failed", error }) as const,
    );
    const asked = runtime.shutdownRequested.then(({ force }) => ({ kind: force ? "force" : "end" }) as const);
    const outcome = await Promise.race([failed, asked, signals.next()]);
    if (outcome.kind === "force") return 1;
    const inTime = await runtime.stop();
    if (outcome.kind === "failed") {
      const message = outcome.error instanceof Error ? outcome.error.message : String(outcome.error);
      log.fatal("dapr.runtime", `Fatal error from runtime: ${message}`);
      return 1;
    }
    if (!inTime) return 1;
    if (outcome.kind === "end") {
      logger.info("Daprd shutdown gracefully");
      if (wasReady) saveCode();
      await log.flush();
      return 0;
    }
    logger.info("SIGHUP: starting again, with all files read anew");
  }
}

/** Then most of what starts has run, and nothing has changed V8's flags yet. */
const afterStartMs = 500;

/** More of it saves no CPU that can be measured. */
const mostYoungMebibytes = 16;
