import { ClosedBy, ClosedStreams } from "./closed-streams.ts";
import type { StreamRecord } from "./stream-record.ts";

const NO_STREAMS: ReadonlyMap<number, StreamRecord> = new Map<number, StreamRecord>();

/** The open streams of a connection, and how the last of the others ended. Holds nothing while there was none. */
export class StreamTable {
  #open: Map<number, StreamRecord> | undefined;
  /** The one that was looked for last: the next frame is often its own. */
  #latest: StreamRecord | undefined;
  #closed: ClosedStreams | undefined;

  get size(): number {
    return this.#open === undefined ? 0 : this.#open.size;
  }

  find(streamId: number): StreamRecord | undefined {
    const latest = this.#latest;
    if (latest !== undefined && latest.id === streamId) return latest;
    const stream = this.#open?.get(streamId);
    if (stream !== undefined) this.#latest = stream;
    return stream;
  }

  all(): Iterable<StreamRecord> {
    return (this.#open ?? NO_STREAMS).values();
  }

  add(stream: StreamRecord): void {
    (this.#open ??= new Map<number, StreamRecord>()).set(stream.id, stream);
    this.#latest = stream;
  }

  remove(stream: StreamRecord, closedBy: number): void {
    this.#open!.delete(stream.id);
    if (this.#latest === stream) this.#latest = undefined;
    this.remember(stream.id, closedBy);
  }

  remember(streamId: number, closedBy: number): void {
    (this.#closed ??= new ClosedStreams()).add(streamId, closedBy);
  }

  howClosed(streamId: number): number {
    return this.#closed === undefined ? ClosedBy.UNKNOWN : this.#closed.find(streamId);
  }
}
