/** The unit and how many milliseconds it has. "gRPC over HTTP/2", Requests: `TimeoutUnit`. */
const units: ReadonlyMap<string, number> = new Map([
  ["n", 1e-6],
  ["u", 1e-3],
  ["m", 1],
  ["S", 1000],
  ["M", 60_000],
  ["H", 3_600_000],
]);

/**
 * The value of `grpc-timeout`: at most eight digits and a unit ("gRPC over HTTP/2", Requests). Rounded up, so that the
 * peer never gives up before the caller; a time that is over is the shortest one.
 */
export function formatTimeout(timeoutMs: number): string {
  if (timeoutMs <= 0) return "1n";
  const milliseconds = Math.ceil(timeoutMs);
  if (milliseconds < 1e8) return `${milliseconds}m`;
  const seconds = Math.ceil(timeoutMs / 1000);
  if (seconds < 1e8) return `${seconds}S`;
  const minutes = Math.ceil(timeoutMs / 60_000);
  if (minutes < 1e8) return `${minutes}M`;
  return `${Math.min(Math.ceil(timeoutMs / 3_600_000), 99_999_999)}H`;
}

/** Milliseconds, with fractions; undefined when it is no timeout. */
export function parseTimeout(text: string): number | undefined {
  const digits = text.length - 1;
  const unitMs = units.get(text.charAt(digits));
  if (unitMs === undefined || digits < 1 || digits > 8) return undefined;
  let value = 0;
  for (let index = 0; index < digits; index++) {
    const digit = text.charCodeAt(index) - 48;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return value * unitMs;
}
