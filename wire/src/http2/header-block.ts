/** A header block on its way: one HEADERS frame, and the CONTINUATION frames behind it. RFC 9113, section 4.3. */
export class HeaderBlock {
  readonly streamId: number;
  readonly endStream: boolean;
  /** RFC 9113, section 5.3.1 of its predecessor: a stream cannot depend on itself. */
  readonly dependsOnItself: boolean;
  continuationFrames = 0;
  byteCount = 0;
  readonly #parts: Uint8Array[] = [];

  constructor(streamId: number, endStream: boolean, dependsOnItself: boolean) {
    this.streamId = streamId;
    this.endStream = endStream;
    this.dependsOnItself = dependsOnItself;
  }

  /** A copy: the frame's bytes may be among many others, and the rest may be long in coming. */
  add(bytes: Uint8Array): void {
    this.#parts.push(bytes.slice());
    this.byteCount += bytes.length;
  }

  /** All of it, side by side. */
  bytes(): Uint8Array {
    return Buffer.concat(this.#parts, this.byteCount);
  }
}
