import { ClosedBy, ClosedStreams } from "./closed-streams.ts";
import type { StreamRecord } from "./stream-record.ts";

/** Slots at first, and at most while no stream is open. */
const FEW_SLOTS = 16;
const IDLE_SLOTS = 64;

/**
 * The open streams of a connection, and how the last of the others ended. Holds nothing while there was none. Not a Map: one whose entries
 * come and go is made anew all the time, each from the last to the next, and once the garbage collector has taken one of them for old, it
 * takes all after it and every stream in them for old too.
 */
export class StreamTable {
  size = 0;
  /** A power of two of lists. Identifiers follow one another, so that lists of more than one are rare. */
  #slots: (StreamRecord | undefined)[] | undefined;
  /** The one that was looked for last: the next frame is often its own. */
  #latest: StreamRecord | undefined;
  #closed: ClosedStreams | undefined;

  find(streamId: number): StreamRecord | undefined {
    const latest = this.#latest;
    if (latest !== undefined && latest.id === streamId) return latest;
    const slots = this.#slots;
    if (slots === undefined) return undefined;
    let stream = slots[slotOf(streamId, slots)];
    while (stream !== undefined && stream.id !== streamId) stream = stream.nextInSlot;
    if (stream !== undefined) this.#latest = stream;
    return stream;
  }

  /** In the order in which they were opened. Those that are opened or closed meanwhile make no difference. */
  all(): readonly StreamRecord[] {
    const all: StreamRecord[] = [];
    for (let stream of this.#slots ?? []) for (; stream !== undefined; stream = stream.nextInSlot) all.push(stream);
    return all.sort((one, other) => one.id - other.id);
  }

  add(stream: StreamRecord): void {
    let slots = (this.#slots ??= newSlots(FEW_SLOTS));
    if (this.size === slots.length) slots = this.#grow();
    put(stream, slots);
    this.size++;
    this.#latest = stream;
  }

  remove(stream: StreamRecord, closedBy: number): void {
    const slots = this.#slots!;
    const slot = slotOf(stream.id, slots);
    let before = slots[slot]!;
    if (before === stream) slots[slot] = stream.nextInSlot;
    else {
      while (before.nextInSlot !== stream) before = before.nextInSlot!;
      before.nextInSlot = stream.nextInSlot;
    }
    stream.nextInSlot = undefined;
    this.size--;
    if (this.size === 0 && slots.length > IDLE_SLOTS) this.#slots = undefined;
    if (this.#latest === stream) this.#latest = undefined;
    this.remember(stream.id, closedBy);
  }

  remember(streamId: number, closedBy: number): void {
    (this.#closed ??= new ClosedStreams()).add(streamId, closedBy);
  }

  howClosed(streamId: number): number {
    return this.#closed === undefined ? ClosedBy.UNKNOWN : this.#closed.find(streamId);
  }

  #grow(): (StreamRecord | undefined)[] {
    const all = this.all();
    const slots = (this.#slots = newSlots(this.size * 2));
    for (const stream of all) put(stream, slots);
    return slots;
  }
}

function newSlots(count: number): (StreamRecord | undefined)[] {
  return Array.from<StreamRecord | undefined>({ length: count }).fill(undefined);
}

/** Identifiers of one side are all odd, or all even. */
function slotOf(streamId: number, { length }: readonly unknown[]): number {
  return (streamId >>> 1) & (length - 1);
}

function put(stream: StreamRecord, slots: (StreamRecord | undefined)[]): void {
  const slot = slotOf(stream.id, slots);
  stream.nextInSlot = slots[slot];
  slots[slot] = stream;
}
