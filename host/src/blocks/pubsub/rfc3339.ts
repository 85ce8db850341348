/** The time now in the local zone, to the second, as Dapr stamps events. */
export function rfc3339Now(): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== cachedSecond) {
    cachedSecond = second;
    cached = local(new Date(second * 1000));
  }
  return cached;
}

/** Milliseconds since 1970 in UTC, to the second. Past the year 9999 it is the end of that year. */
export function rfc3339Utc(unixMs: number): string {
  return `${new Date(Math.min(unixMs, endOfYear9999)).toISOString().slice(0, 19)}Z`;
}

/** Milliseconds since 1970; undefined when the text is not RFC 3339. */
export function parseRfc3339(text: string): number | undefined {
  if (!shape.test(text)) return undefined;
  const unixMs = Date.parse(text);
  return Number.isNaN(unixMs) ? undefined : unixMs;
}

let cachedSecond = -1;
let cached = "";
const endOfYear9999 = Date.UTC(9999, 11, 31, 23, 59, 59);
const shape = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

function local(date: Date): string {
  const eastMinutes = -date.getTimezoneOffset();
  const wall = new Date(date.getTime() + eastMinutes * 60_000).toISOString().slice(0, 19);
  if (eastMinutes === 0) return `${wall}Z`;
  const away = Math.abs(eastMinutes);
  const two = (number: number): string => String(number).padStart(2, "0");
  return `${wall}${eastMinutes < 0 ? "-" : "+"}${two(Math.floor(away / 60))}:${two(away % 60)}`;
}
