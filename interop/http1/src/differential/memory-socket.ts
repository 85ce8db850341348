import { Duplex } from "node:stream";

/** The server's end of a connection that is none: whoever holds it is the client. */
export class MemorySocket extends Duplex {
  readonly #answers: Buffer[] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    // Its memory is the server's again afterwards.
    this.#answers.push(Buffer.from(chunk));
    done();
  }

  /** The client sends. */
  deliver(bytes: Buffer): void {
    if (!this.destroyed && !this.readableEnded) this.push(bytes);
  }

  /** The client ends. */
  deliverEnd(): void {
    if (!this.destroyed) this.push(null);
  }

  answers(): Buffer {
    return Buffer.concat(this.#answers);
  }

  // What servers ask of a socket.
  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
  destroySoon(): void {
    this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }
}
