import type { Socket } from "node:net";

/** What goes to one connection's socket with the next write: heads and small bodies side by side. */
export class ResponseOutput {
  /** The socket holds as much as it should, until its `drain`. */
  socketFull = false;
  readonly #socket: Socket;
  /** Head and body in turn. */
  #waiting: (string | Uint8Array | undefined)[] = [];
  #waitingBytes = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Nothing should be added now. */
  get isFull(): boolean {
    return this.socketFull || this.#waitingBytes >= MOST_WAITING_BYTES;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** The head is one character a byte, text as a body goes as UTF-8. Bytes must not change any more. */
  add(head: string, body: Uint8Array | string | undefined): void {
    this.#waiting.push(head, body);
    this.#waitingBytes += head.length + mostBytes(body);
  }

  flush(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    if (this.#waitingBytes <= scratch.length) this.#writeTogether(waiting);
    else this.#writeApart(waiting);
    waiting.length = 0;
    this.#waitingBytes = 0;
  }

  /** As a rule the kernel takes it at once; then the same memory serves the next connection. */
  #writeTogether(waiting: readonly (string | Uint8Array | undefined)[]): void {
    let at = 0;
    for (let index = 0; index < waiting.length; index += 2) {
      at += scratch.write(waiting[index] as string, at, "latin1");
      const body = waiting[index + 1];
      if (body === undefined) continue;
      if (typeof body === "string") at += scratch.write(body, at, "utf8");
      else {
        scratch.set(body, at);
        at += body.length;
      }
    }
    const socket = this.#socket;
    const bytes = scratch.subarray(0, at);
    this.socketFull = !socket.write(socket.writableLength > 0 ? Buffer.from(bytes) : bytes);
    if (socket.writableLength > 0) scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  }

  #writeApart(waiting: readonly (string | Uint8Array | undefined)[]): void {
    const socket = this.#socket;
    socket.cork();
    for (let index = 0; index < waiting.length; index += 2) {
      const body = waiting[index + 1];
      this.socketFull = !socket.write(waiting[index] as string, "latin1");
      if (body !== undefined && body.length > 0) this.socketFull = !socket.write(body);
    }
    socket.uncork();
  }
}

/** Bodies up to nearly this size are copied next to their head, which costs less than a vectored write. */
const SCRATCH_BYTES = 32 * 1024;
/** Of answers to requests that came side by side. */
const MOST_WAITING_BYTES = 64 * 1024;
let scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

function mostBytes(body: Uint8Array | string | undefined): number {
  return body === undefined ? 0 : typeof body === "string" ? 3 * body.length : body.length;
}
