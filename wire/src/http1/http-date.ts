/** The line of a response's head that says when it was made; the same text for a second. */
export function dateLine(): string {
  const now = Date.now();
  if (now - madeAtMs >= 1000 || now < madeAtMs) {
    madeAtMs = now - (now % 1000);
    line = `Date: ${new Date(now).toUTCString()}\r\n`;
  }
  return line;
}

let madeAtMs = 0;
let line = "";
