import type { Logger } from "@trilby/kit";
import type { logCreator, LogEntry } from "kafkajs";

/**
 * The library calls every attempt that failed an error, and repeats it with each one. Here it is a warning the first time
 * and a detail afterwards, until it has been quiet for a while; what the library thinks worth knowing is a detail.
 */
export function libraryLog(logger: Logger): logCreator {
  const lastSeenMs = new Map<string, number>();

  function isNew(problem: string): boolean {
    const nowMs = Date.now();
    const before = lastSeenMs.get(problem);
    lastSeenMs.set(problem, nowMs);
    if (lastSeenMs.size > maxProblems) lastSeenMs.delete(lastSeenMs.keys().next().value!);
    return before === undefined || nowMs - before > quietMs;
  }

  return () =>
    ({ namespace, level, log }: LogEntry) => {
      const fields = detailsOf(log);
      const message = `kafkajs ${namespace}: ${log.message}`;
      const isProblem = level <= warnLevel && !routine.test(log.message);
      if (isProblem && isNew(message)) logger.warn(message, fields);
      else logger.debug(message, fields);
    };
}

const quietMs = 60_000;
const maxProblems = 256;
const warnLevel = 2;
/** What happens whenever members come and go, what is tried again at once, and what is reported by us. */
const routine = /rebalanc|not aware of this member|^Crash: |^Restarting the consumer|^Response /i;

function detailsOf(log: LogEntry["log"]): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const name in log) if (!unwanted.has(name)) fields[name] = log[name];
  const { error } = log;
  if (error !== undefined) fields["error"] = error instanceof Error ? error.message : String(error);
  return fields;
}

const unwanted = new Set(["message", "timestamp", "logger", "stack"]);
