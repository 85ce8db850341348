import type { Field, FieldNotes, Present } from "./field.ts";
import { integerFrom } from "./number.ts";

export interface DurationNotes extends FieldNotes {
  /** In Go's form: "5s", "1h30m". */
  readonly default?: string;
  /** What a number without a unit counts. Most Dapr components: seconds (the default); Redis settings and retries: milliseconds. */
  readonly bareInteger?: "seconds" | "milliseconds";
  /** Smallest value that is taken, in Go's form. */
  readonly min?: string;
}

/** A duration in Go's form or a bare integer. The value is a number of milliseconds, which may have a fraction. */
export function duration(notes: DurationNotes & Present<string>): Field<number>;
export function duration(notes: DurationNotes): Field<number | undefined>;
export function duration({ bareInteger = "seconds", min, default: byDefault, ...notes }: DurationNotes): Field<any> {
  const bareMs = bareInteger === "seconds" ? 1000 : 1;
  const minMs = min === undefined ? -Infinity : durationMs(min);
  return {
    ...notes,
    type: "duration",
    ...(byDefault === undefined ? {} : { default: durationMs(byDefault), defaultText: byDefault }),
    parse(text) {
      const integer = integerFrom(text);
      const value = integer === undefined ? durationMs(text.trim()) : integer * bareMs;
      if (value < minMs) throw new Error(`must be at least ${min}`);
      return value;
    },
  };
}

/** Milliseconds of a duration in the form of Go's time.ParseDuration ("1h2m", "1.5s", "-3µs", "0"). Throws when it is not one. */
export function durationMs(text: string): number {
  const value = goDurationMs(text);
  if (value === undefined) throw new Error(`must be a duration such as 500ms, 5s or 1h30m`);
  return value;
}

/** As `durationMs`, but undefined when the text is not a duration. */
export function goDurationMs(text: string): number | undefined {
  const negative = text.startsWith("-");
  const body = negative || text.startsWith("+") ? text.slice(1) : text;
  if (body === "0") return 0;
  if (!whole.test(body)) return undefined;
  let nanoseconds = 0;
  for (const [, amount, unit] of body.matchAll(part))
    nanoseconds += Number(amount) * unitNanoseconds[unit as keyof typeof unitNanoseconds];
  // Go keeps 64-bit nanoseconds: about 292 years.
  if (nanoseconds >= 2 ** 63) return undefined;
  const milliseconds = nanoseconds / 1e6;
  return negative && milliseconds !== 0 ? -milliseconds : milliseconds;
}

const unitNanoseconds = { ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6, s: 1e9, m: 6e10, h: 3.6e12 };
// Both characters that look like the micro sign: U+00B5 and U+03BC.
const whole = /^((?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+$/;
const part = /([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)/g;
