import * as fc from "fast-check";
import { HeaderEncoder, PreparedHeaders } from "../../src/http2/hpack/index.ts";
import { Flag, frame, settings, Type, uint32 } from "../raw/frames.ts";

/** What to do next, as numbers: what they mean depends on what went before. */
export interface Step {
  readonly what: number;
  readonly which: number;
  readonly size: number;
  readonly flags: number;
}

/** One thing wrong with a frame. */
export interface Harm {
  readonly kind: (typeof harms)[number];
  readonly at: number;
  readonly value: number;
}

const harms = ["type", "flags", "stream", "length", "shorter", "longer", "byte", "reserved", "twice", "cut"] as const;

export const arbitraryStep: fc.Arbitrary<Step> = fc.record({
  what: fc.nat(99),
  which: fc.nat(20),
  size: fc.nat(300),
  flags: fc.nat(255),
});

export const arbitraryHarm: fc.Arbitrary<Harm> = fc.record({
  kind: fc.constantFrom(...harms),
  at: fc.nat(400),
  value: fc.nat(255),
});

/** What a client that knows RFC 9113 could send, frame by frame; it never breaks a rule. */
export class Conversation {
  #next = 1;
  /** Streams whose request has not ended. */
  readonly #open: number[] = [];
  readonly #ended: number[] = [];
  /** What may still be sent, by a window that is never widened. */
  #window = 60_000;
  readonly #encoder = new HeaderEncoder();

  /** One frame, or a header block's several. */
  frames({ what, which, size, flags }: Step): Buffer[] {
    const stream = this.#open[which % Math.max(1, this.#open.length)];
    if (what < 25 || (stream === undefined && what < 70)) return this.#request(size, flags);
    if (stream !== undefined) {
      if (what < 45) return [this.#data(stream, size, flags)];
      if (what < 52) return [this.#trailers(stream)];
      if (what < 57) return [this.#reset(stream)];
      if (what < 65) return [frame(Type.WINDOW_UPDATE, flags, stream, uint32(size + 1))];
    }
    if (what < 72) return [frame(Type.WINDOW_UPDATE, flags, 0, uint32(size + 1))];
    if (what < 80) return [frame(Type.PING, flags & ~Flag.ACK, 0, Buffer.alloc(8, size))];
    if (what < 87) return [settings([6, 10_000 + size], [4, 30_000 + size])];
    if (what < 92)
      return [frame(Type.PRIORITY, flags, this.#ended.at(-1) ?? this.#next, Buffer.of(0, 0, 0, 0, size & 255))];
    return [frame(0x20 + (what & 7), flags, which, Buffer.alloc(size))];
  }

  #request(size: number, flags: number): Buffer[] {
    const stream = this.#next;
    this.#next += 2;
    const ends = (flags & 3) !== 0;
    const value = (flags & 64) === 0 ? size : size % 5;
    const fields: [string, string][] = [
      [":method", ends ? "GET" : "POST"],
      [":scheme", "http"],
      [":path", `/${value}`],
      [":authority", "localhost"],
      ["x-size", "v".repeat(value)],
    ];
    (ends ? this.#ended : this.#open).push(stream);
    const headers = this.#encoder.encode((flags & 64) !== 0 ? preparedOf(fields) : fields);
    const content = Buffer.from(headers);
    const first = ends ? Flag.END_STREAM : 0;
    if ((flags & 4) !== 0) {
      const cut = size % content.length;
      return [
        frame(Type.HEADERS, first, stream, content.subarray(0, cut)),
        frame(Type.CONTINUATION, Flag.END_HEADERS, stream, content.subarray(cut)),
      ];
    }
    let payload = content;
    let more = Flag.END_HEADERS | first;
    if ((flags & 8) !== 0) {
      payload = Buffer.concat([Buffer.of(0, 0, 0, 0, 15), payload]);
      more |= Flag.PRIORITY;
    }
    if ((flags & 16) !== 0) {
      payload = Buffer.concat([Buffer.of(size & 63), payload, Buffer.alloc(size & 63)]);
      more |= Flag.PADDED;
    }
    return [frame(Type.HEADERS, more, stream, payload)];
  }

  #data(stream: number, size: number, flags: number): Buffer {
    const ends = (flags & 1) !== 0 || this.#window < size * 2;
    if (ends) this.#end(stream);
    this.#window -= size + 64;
    if ((flags & Flag.PADDED) === 0)
      return frame(Type.DATA, ends ? Flag.END_STREAM : 0, stream, Buffer.alloc(size, "d"));
    const payload = Buffer.concat([Buffer.of(size & 31), Buffer.alloc(size, "d"), Buffer.alloc(size & 31)]);
    return frame(Type.DATA, Flag.PADDED | (ends ? Flag.END_STREAM : 0), stream, payload);
  }

  #trailers(stream: number): Buffer {
    this.#end(stream);
    return frame(Type.HEADERS, Flag.END_HEADERS | Flag.END_STREAM, stream, this.#encoder.encode([["x-last", "one"]]));
  }

  #reset(stream: number): Buffer {
    this.#end(stream);
    return frame(Type.RST_STREAM, 0, stream, uint32(8));
  }

  #end(stream: number): void {
    this.#open.splice(this.#open.indexOf(stream), 1);
    this.#ended.push(stream);
  }
}

/** The same object for equal fields, some of the time, so that the table is used. */
function preparedOf(fields: readonly (readonly [string, string])[]): PreparedHeaders {
  const key = JSON.stringify(fields);
  let found = prepared.get(key);
  if (found === undefined) {
    if (prepared.size > 500) prepared.clear();
    prepared.set(key, (found = new PreparedHeaders(fields)));
  }
  return found;
}

const prepared = new Map<string, PreparedHeaders>();

/** The frame with one thing wrong, or right in another way. */
export function harmed(right: Buffer, { kind, at, value }: Harm): Buffer {
  const bytes = Buffer.from(right);
  const payloadAt = 9 + (at % Math.max(1, bytes.length - 9));
  switch (kind) {
    case "type":
      bytes[3] = value % 11;
      return bytes;
    case "flags":
      bytes[4]! ^= 1 << (value & 7);
      return bytes;
    case "stream":
      bytes.writeUInt32BE(value < 200 ? value % 24 : value * 0x7fffff, 5);
      return bytes;
    case "length":
      // What follows is taken for its rest, or its rest for what follows.
      bytes.writeUIntBE(value < 200 ? value % 40 : 16_384 + value, 0, 3);
      return bytes;
    case "shorter":
      return frame(bytes[3]!, bytes[4]!, bytes.readUInt32BE(5), bytes.subarray(9, payloadAt));
    case "longer":
      return frame(
        bytes[3]!,
        bytes[4]!,
        bytes.readUInt32BE(5),
        Buffer.concat([bytes.subarray(9), Buffer.alloc(1 + (at % 9), value)]),
      );
    case "byte":
      if (bytes.length > 9) bytes[payloadAt] = value;
      return bytes;
    case "reserved":
      bytes[5]! |= 0x80;
      return bytes;
    case "twice":
      return Buffer.concat([bytes, bytes]);
    case "cut":
      return bytes.subarray(0, at % bytes.length);
  }
}
