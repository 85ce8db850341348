import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Flag, type Frame, frame, preface, settings, settingsAck, splitFrames, Type } from "./frames.ts";

/** How a connection ended, seen from the other side. */
export interface Ending {
  /** Of the last GOAWAY with an error; else of the last. */
  readonly goaway: { readonly code: number; readonly lastStream: number; readonly text: string } | undefined;
}

export interface RawPeerOptions {
  /** Sends nothing by itself: no preface, no SETTINGS, no acknowledgement. */
  readonly silent?: boolean;
  /** Acknowledges the other side's SETTINGS by itself. Default: unless it is silent. */
  readonly acknowledges?: boolean;
  /** Our own SETTINGS. */
  readonly settings?: readonly (readonly [identifier: number, value: number])[];
  /** A server has no preface. */
  readonly role?: "client" | "server";
}

/** One end of a connection that says whatever it is told to, and counts what it hears. */
export class RawPeer {
  readonly socket: Socket;
  readonly goaways: { code: number; lastStream: number; text: string }[] = [];
  readonly resets = new Map<number, number>();
  /** How many frames came, by type. */
  readonly counts = new Map<number, number>();
  dataBytes = 0;
  endedStreams = 0;
  onFrame: ((frame: Frame) => void) | undefined;
  readonly #acknowledges: boolean;
  readonly #closed: Promise<void>;
  #rest: Buffer = Buffer.alloc(0);
  #awaitsPreface: boolean;
  #marks = 0;
  isClosed = false;

  constructor(socket: Socket, options: RawPeerOptions = {}) {
    this.socket = socket;
    this.#acknowledges = options.acknowledges ?? options.silent !== true;
    this.#awaitsPreface = options.role === "server";
    const closed = Promise.withResolvers<void>();
    this.#closed = closed.promise;
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("close", () => {
      this.isClosed = true;
      closed.resolve();
    });
    if (options.silent === true) return;
    if (options.role !== "server") socket.write(preface);
    socket.write(settings(...(options.settings ?? [])));
  }

  count(type: number): number {
    return this.counts.get(type) ?? 0;
  }

  write(...bytes: readonly Uint8Array[]): void {
    if (!this.isClosed && this.socket.writable) this.socket.write(Buffer.concat(bytes));
  }

  /** Sends what `make` gives, so many times, as fast as the other side takes it, until that hangs up. Says how many went. */
  async flood(times: number, make: (index: number) => Uint8Array): Promise<number> {
    let index = 0;
    while (index < times && !this.isClosed && this.socket.writable && this.goaways.every(({ code }) => code === 0)) {
      const batch: Uint8Array[] = [];
      for (let bytes = 0; bytes < 65_536 && index < times; index++) {
        const piece = make(index);
        batch.push(piece);
        bytes += piece.length;
      }
      if (this.socket.write(Buffer.concat(batch))) await new Promise((resolve) => setImmediate(resolve));
      else await Promise.race([once(this.socket, "drain").catch(() => {}), this.#closed]);
    }
    return index;
  }

  /** Sees a frame that is wanted, among those to come. */
  async frame(wanted: (frame: Frame) => boolean): Promise<Frame> {
    const { promise, resolve, reject } = Promise.withResolvers<Frame>();
    const before = this.onFrame;
    this.onFrame = (frame) => {
      before?.(frame);
      if (wanted(frame)) resolve(frame);
    };
    void this.#closed.then(() => reject(new Error(`the connection ended first: ${JSON.stringify(this.goaways)}`)));
    return promise.finally(() => (this.onFrame = before));
  }

  /** Everything sent so far has been read and answered, since a PING behind it was. */
  async settled(): Promise<void> {
    const mark = Buffer.from(String(++this.#marks).padStart(8));
    const answered = this.frame(
      ({ type, flags, payload }) => type === Type.PING && flags === Flag.ACK && payload.equals(mark),
    );
    this.write(frame(Type.PING, 0, 0, mark));
    await answered;
  }

  /** The other side has hung up. */
  async ended(): Promise<Ending> {
    await this.#closed;
    return { goaway: this.goaways.findLast(({ code }) => code !== 0) ?? this.goaways.at(-1) };
  }

  destroy(): void {
    this.socket.destroy();
  }

  #read(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    if (this.#awaitsPreface) {
      if (bytes.length < preface.length) {
        this.#rest = bytes;
        return;
      }
      this.#awaitsPreface = false;
      bytes = bytes.subarray(preface.length);
    }
    const { frames, rest } = splitFrames(bytes);
    this.#rest = rest;
    for (const each of frames) this.#heard(each);
  }

  #heard(heard: Frame): void {
    const { type, flags, stream, payload } = heard;
    this.counts.set(type, this.count(type) + 1);
    if (type === Type.DATA) this.dataBytes += payload.length;
    if ((type === Type.DATA || type === Type.HEADERS) && (flags & Flag.END_STREAM) !== 0) this.endedStreams++;
    if (type === Type.RST_STREAM && this.resets.size < 10_000) this.resets.set(stream, payload.readUInt32BE(0));
    if (type === Type.GOAWAY)
      this.goaways.push({
        lastStream: payload.readUInt32BE(0),
        code: payload.readUInt32BE(4),
        text: payload.toString("latin1", 8),
      });
    if (type === Type.SETTINGS && (flags & Flag.ACK) === 0 && this.#acknowledges) this.write(settingsAck);
    this.onFrame?.(heard);
  }
}

/** A client that has connected and said hello, unless it is to be silent. */
export async function rawClient(port: number, options: RawPeerOptions = {}): Promise<RawPeer> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  return new RawPeer(socket, options);
}
