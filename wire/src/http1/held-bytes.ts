import type { Socket } from "node:net";

/** What came of a connection before there is a use for it. The socket is not read meanwhile. */
export class HeldBytes {
  readonly #socket: Socket;
  #bytes: Buffer | undefined = undefined;
  #isPaused = false;
  /** Where they begin in what `take` returned last. */
  from = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  get isEmpty(): boolean {
    return this.#bytes === undefined;
  }

  /** `isOurs`: nobody else will write to the chunk. */
  hold(chunk: Buffer, from: number, isOurs: boolean): void {
    this.#bytes = isOurs ? chunk : Buffer.from(chunk.subarray(from));
    this.from = isOurs ? from : 0;
    if (!this.#isPaused) this.#socket.pause();
    this.#isPaused = true;
  }

  /** What came although the socket was stopped. */
  append(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes!, chunk]);
  }

  take(): Buffer {
    const bytes = this.#bytes!;
    this.#bytes = undefined;
    return bytes;
  }

  drop(): void {
    this.#bytes = undefined;
  }

  resume(): void {
    if (this.#isPaused) this.#socket.resume();
    this.#isPaused = false;
  }
}
