/** Tells what a connection begins with: HTTP/2's beginning may come in pieces. */
export class FirstBytes {
  /** What came while that is not known, or all that came when it is. */
  seen: Buffer | undefined = undefined;

  /** Undefined: more is needed. The chunk is valid during the call alone, and so is `seen` once HTTP/1.1 is known. */
  read(chunk: Buffer): "http1" | "http2" | undefined {
    const seen = this.seen === undefined ? chunk : Buffer.concat([this.seen, chunk]);
    this.seen = seen;
    const length = Math.min(seen.length, http2Preface.length);
    if (seen.compare(http2Preface, 0, length, 0, length) !== 0) return "http1";
    // Others write to the chunk.
    this.seen = Buffer.from(seen);
    return length === http2Preface.length ? "http2" : undefined;
  }
}

const http2Preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
