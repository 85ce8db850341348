import { durationMs } from "@trilby/kit";
import { Cron } from "croner";

export interface Schedule {
  /** The first time after `time`, to the millisecond. Undefined: never again. */
  next(time: Date): Date | undefined;
}

/** Reads a schedule as Dapr does. Throws an Error whose message completes "schedule ...". */
export function parseSchedule(text: string): Schedule {
  const { timeZone, fields } = splitTimeZone(text.trim());
  if (fields.startsWith("@every ")) return every(fields.slice("@every ".length).trim());
  const pattern = fields.startsWith("@") ? nicknames.get(fields) : fields;
  if (pattern === undefined)
    throw new Error(
      `must not begin with ${fields.split(/\s/, 1)[0]}: it is one of @every, ${[...nicknames.keys()].join(", ")}`,
    );
  return cron(pattern, timeZone);
}

const nicknames: ReadonlyMap<string, string> = new Map([
  ["@yearly", "0 0 0 1 1 *"],
  ["@annually", "0 0 0 1 1 *"],
  ["@monthly", "0 0 0 1 * *"],
  ["@weekly", "0 0 0 * * 0"],
  ["@daily", "0 0 0 * * *"],
  ["@midnight", "0 0 0 * * *"],
  ["@hourly", "0 0 * * * *"],
]);

/** "CRON_TZ=Europe/Rome 0 8 * * *" or, the older way, "TZ=...". */
function splitTimeZone(text: string): { timeZone: string | undefined; fields: string } {
  const match = /^(?:CRON_)?TZ=(?<timeZone>\S*)\s*(?<fields>.*)$/.exec(text);
  if (!match) return { timeZone: undefined, fields: text };
  const { timeZone = "", fields = "" } = match.groups!;
  try {
    new Intl.DateTimeFormat("en", { timeZone });
  } catch {
    throw new Error(`must name a time zone such as Europe/Rome, not ${JSON.stringify(timeZone)}`);
  }
  return { timeZone, fields };
}

function every(text: string): Schedule {
  // Whole milliseconds, at least one, as Dapr counts them.
  const delayMs = Math.max(1, Math.trunc(durationMs(text)));
  return { next: (time) => new Date(time.getTime() + delayMs) };
}

function cron(pattern: string, timeZone: string | undefined): Schedule {
  let parsed: Cron;
  try {
    // Croner takes "?" for the present time; here and in Quartz it means any. "5/15" means 5-59/15.
    const options = { mode: "5-or-6-parts", sloppyRanges: true, paused: true } as const;
    parsed = new Cron(
      pattern.replaceAll("?", "*"),
      timeZone === undefined ? options : { ...options, timezone: timeZone },
    );
  } catch (error) {
    const reason = (error as Error).message.replace(/^CronPattern: /, "");
    throw new Error(`must be a cron schedule of 5 or 6 fields, or @every and a duration (${reason})`, { cause: error });
  }
  return { next: (time) => parsed.nextRun(time) ?? undefined };
}
