import type { MemoryBudget, Reservation } from "./memory-budget.ts";
import { prefixBytes } from "./message-prefix.ts";
import { RpcCode, RpcError } from "./status.ts";

/**
 * Cuts the bytes of a stream into messages ("gRPC over HTTP/2", `Length-Prefixed-Message`). A message within one chunk is a view of it;
 * one of several chunks is copied once, into memory that grows with what came and not with what was announced. (Address space is
 * another matter: from a megabyte on there is enough for all of the message.)
 */
export class MessageReader {
  /** All bytes ever pushed; and those of messages handed out, prefixes included. Their difference is held here. */
  receivedBytes = 0;
  takenBytes = 0;
  /** Whether the last message that `read` handed out is compressed. */
  compressed = false;
  readonly #maxReceiveBytes: number;
  readonly #budget: MemoryBudget | undefined;
  readonly #admitted: (() => void) | undefined;

  // Chunks that were not looked at yet; the first one from #offset on.
  #chunks: Uint8Array[] = [];
  #first = 0;
  #offset = 0;
  #waitingBytes = 0;
  // What the views among them keep alive, at most, and the memory of the last one.
  #aliveBytes = 0;
  #lastRead: ArrayBufferLike | undefined;
  // Room after the last chunk, where small ones are added: else each would keep alive all that its socket read with it.
  #room: Uint8Array = none;
  #roomUsed = 0;

  // The message under way whose prefix was read, while not all of it is here.
  #length = -1;
  #partial: Uint8Array = none;
  #partialBytes = 0;
  // Of the message under way, or of the one that was handed out last.
  #reservation: Reservation | undefined;
  #mayGather = false;

  /** With a budget, large messages of several chunks wait until they are admitted: `admitted` says that `read` may have more to say. */
  constructor(maxReceiveBytes: number, budget?: MemoryBudget, admitted?: () => void) {
    this.#maxReceiveBytes = maxReceiveBytes;
    this.#budget = budget;
    this.#admitted = admitted;
  }

  /** The message under way waits for the budget: its bytes are not to be given back to flow control. */
  get isHeldBack(): boolean {
    return this.#length !== -1 && !this.#mayGather;
  }

  /** The last message was made smaller or larger by inflating it. */
  inflatedTo(bytes: number): void {
    this.#reservation?.shrink(bytes);
  }

  /** The last message is done with. */
  release(): void {
    if (this.#length !== -1) return;
    this.#reservation?.release();
    this.#reservation = undefined;
  }

  /** Nothing is held: an end here cuts no message. */
  get isEmpty(): boolean {
    return this.receivedBytes === this.takenBytes;
  }

  push(chunk: Uint8Array): void {
    this.receivedBytes += chunk.byteLength;
    let rest = chunk;
    if (this.#mayGather && this.#length !== -1 && this.#waitingBytes === 0) {
      const taken = Math.min(rest.byteLength, this.#length - this.#partialBytes);
      this.#append(taken === rest.byteLength ? rest : rest.subarray(0, taken));
      rest = taken === 0 ? rest : rest.subarray(taken);
    }
    if (rest.byteLength > 0) this.#keep(rest);
  }

  /** The next message, when all of it is here. Throws `RpcError` for one that is too large or no message. */
  read(): Uint8Array | undefined {
    if (this.#length === -1) {
      if (this.#waitingBytes < prefixBytes) return undefined;
      const chunk = this.#chunks[this.#first]!;
      const start = this.#offset;
      if (chunk.byteLength - start >= prefixBytes) {
        const length = this.#checkPrefix(
          chunk[start]!,
          (chunk[start + 1]! << 24) | (chunk[start + 2]! << 16) | (chunk[start + 3]! << 8) | chunk[start + 4]!,
        );
        const end = start + prefixBytes + length;
        if (end <= chunk.byteLength && !(this.compressed && this.#budget !== undefined)) {
          this.#skip(prefixBytes + length);
          this.takenBytes += prefixBytes + length;
          return chunk.subarray(start + prefixBytes, end);
        }
        this.#skip(prefixBytes);
        this.#length = length;
      } else {
        const flag = this.#nextByte();
        let length = 0;
        for (let index = 1; index < prefixBytes; index++) length = (length << 8) | this.#nextByte();
        this.#length = this.#checkPrefix(flag, length);
      }
    }
    this.#mayGather ||= this.#admit();
    if (!this.#mayGather) return undefined;
    this.#gather();
    if (this.#partialBytes < this.#length) return undefined;
    const message = this.#partial;
    this.#mayGather = false;
    this.takenBytes += prefixBytes + this.#length;
    this.#length = -1;
    this.#partial = none;
    this.#partialBytes = 0;
    return message;
  }

  /** Forgets all that is held. */
  clear(): void {
    this.#reservation?.release();
    this.#reservation = undefined;
    this.#mayGather = false;
    this.takenBytes = this.receivedBytes;
    this.#chunks = [];
    this.#first = this.#offset = this.#waitingBytes = this.#aliveBytes = 0;
    this.#room = none;
    this.#lastRead = undefined;
    this.#roomUsed = 0;
    this.#length = -1;
    this.#partial = none;
    this.#partialBytes = 0;
  }

  /** Whether the message whose prefix was read may take memory of its own. */
  #admit(): boolean {
    // All of it waits already, within the window.
    if (!this.compressed && this.#waitingBytes >= this.#length) {
      this.#reservation?.release();
      return true;
    }
    if (this.#reservation !== undefined) return this.#reservation.isGranted;
    const bytes = this.compressed ? Math.min(this.#length * mostInflation, this.#maxReceiveBytes) : this.#length;
    if (this.#budget === undefined || bytes <= uncountedBytes) return true;
    this.#reservation = this.#budget.reserve(bytes, this.#admitted!);
    return this.#reservation.isGranted;
  }

  #checkPrefix(flag: number, signedLength: number): number {
    if (flag > 1) throw new RpcError(RpcCode.INTERNAL, `A message begins with ${flag}, where 0 or 1 should be`);
    this.compressed = flag === 1;
    this.#reservation?.release();
    this.#reservation = undefined;
    const length = signedLength >>> 0;
    if (length > this.#maxReceiveBytes) {
      throw new RpcError(
        RpcCode.RESOURCE_EXHAUSTED,
        // The words of other implementations: people search for them.
        `Received message larger than max (${length} vs. ${this.#maxReceiveBytes})`,
      );
    }
    return length;
  }

  #keep(chunk: Uint8Array): void {
    this.#waitingBytes += chunk.byteLength;
    if (this.#keepsAsView(chunk)) {
      this.#chunks.push(chunk);
      this.#room = none;
      return;
    }
    if (this.#room.byteLength - this.#roomUsed < chunk.byteLength) {
      this.#room = new Uint8Array(Math.max(roomBytes, chunk.byteLength));
      this.#room.set(chunk);
      this.#roomUsed = chunk.byteLength;
      this.#aliveBytes += this.#room.byteLength;
      this.#chunks.push(this.#room.subarray(0, this.#roomUsed));
      return;
    }
    const last = this.#chunks.length - 1;
    const start = this.#chunks[last]!.byteOffset;
    this.#room.set(chunk, this.#roomUsed);
    this.#roomUsed += chunk.byteLength;
    this.#chunks[last] = this.#room.subarray(start, this.#roomUsed);
  }

  /** A view keeps all alive that its socket read with it: so much is allowed as is in proportion to what waits. */
  #keepsAsView(chunk: Uint8Array): boolean {
    const size = chunk.buffer.byteLength;
    if (this.#chunks.length === this.#first) {
      this.#aliveBytes = size;
      this.#lastRead = chunk.buffer;
      return true;
    }
    if (chunk.byteLength < tinyBytes) return false;
    if (chunk.buffer === this.#lastRead) return true;
    if (this.#aliveBytes + size > oneReadBytes + this.#waitingBytes * amplification) return false;
    this.#aliveBytes += size;
    this.#lastRead = chunk.buffer;
    return true;
  }

  /** Moves what is here of the message under way to its place. */
  #gather(): void {
    while (this.#waitingBytes > 0 && this.#partialBytes < this.#length) {
      const chunk = this.#chunks[this.#first]!;
      const taken = Math.min(chunk.byteLength - this.#offset, this.#length - this.#partialBytes);
      this.#append(chunk.subarray(this.#offset, this.#offset + taken));
      this.#skip(taken);
    }
  }

  #append(bytes: Uint8Array): void {
    const needed = this.#partialBytes + bytes.byteLength;
    if (needed > this.#partial.byteLength) {
      const size =
        needed < untouchedFromBytes
          ? Math.min(this.#length, Math.max(needed + this.#waitingBytes, needed * growth, roomBytes))
          : this.#length;
      const larger = Buffer.allocUnsafeSlow(size);
      larger.set(this.#partial.subarray(0, this.#partialBytes));
      this.#partial = larger;
    }
    this.#partial.set(bytes, this.#partialBytes);
    this.#partialBytes = needed;
  }

  #nextByte(): number {
    const byte = this.#chunks[this.#first]![this.#offset]!;
    this.#skip(1);
    return byte;
  }

  #skip(byteCount: number): void {
    this.#waitingBytes -= byteCount;
    this.#offset += byteCount;
    // A prefix is taken from one chunk, or byte by byte: never beyond the first chunk's end.
    const done = this.#chunks[this.#first]!;
    if (this.#offset < done.byteLength) return;
    this.#offset = 0;
    this.#first++;
    const next = this.#chunks[this.#first];
    if (next?.buffer !== done.buffer) this.#aliveBytes = Math.max(0, this.#aliveBytes - done.buffer.byteLength);
    if (next === undefined) {
      this.#chunks.length = this.#first = 0;
      this.#room = none;
      this.#lastRead = undefined;
    } else if (this.#first === forgetChunks) {
      this.#chunks.splice(0, this.#first);
      this.#first = 0;
    }
  }
}

const none = new Uint8Array(0);
const oneReadBytes = 64 * 1024;
const amplification = 4;
/** A view is an object too. */
const tinyBytes = 256;
const roomBytes = 4096;
const growth = 4;
/** From here on the system gives memory only as it is written to: to copy what is here once more would cost more than all other work. */
const untouchedFromBytes = 1024 * 1024;
const forgetChunks = 64;
/** What deflate makes of its best input. */
const mostInflation = 1032;
/** Messages up to here are not counted. */
const uncountedBytes = 64 * 1024;
