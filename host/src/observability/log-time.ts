const second = { at: -1, prefix: "", zone: "" };

/** Now as RFC 3339 with nine digits of a second in the local zone; the last three are zeros. */
export function logTime(): string {
  const now = performance.timeOrigin + performance.now();
  const atSecond = Math.floor(now / 1000);
  if (atSecond !== second.at) {
    const date = new Date(atSecond * 1000);
    const offset = -date.getTimezoneOffset();
    second.at = atSecond;
    second.prefix = new Date((atSecond + offset * 60) * 1000).toISOString().slice(0, 19);
    const size = Math.abs(offset);
    second.zone =
      offset === 0 ? "Z" : `${offset < 0 ? "-" : "+"}${twoDigits(Math.floor(size / 60))}:${twoDigits(size % 60)}`;
  }
  const micros = Math.floor((now - atSecond * 1000) * 1000);
  return `${second.prefix}.${String(micros).padStart(6, "0")}000${second.zone}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
