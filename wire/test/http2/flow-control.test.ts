import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";

import { ErrorCode, type Http2Stream } from "../../src/http2/index.ts";
import { post } from "../raw/blocks.ts";
import { Flag, type Frame, frame, settings, Type, uint32 } from "../raw/frames.ts";
import type { RawPeer } from "../raw/raw-peer.ts";
import {
  clientToRaw,
  connectPair,
  echo,
  Gathering,
  NOTHING,
  rawToServer,
  requestHeaders,
  responseHeaders,
  trailers,
} from "./fixture.ts";

// RFC 9113, sections 5.2 and 6.9.

const open = (stream: number): Buffer => frame(Type.HEADERS, Flag.END_HEADERS | Flag.END_STREAM, stream, post());
const widen = (stream: number, increment: number): Buffer => frame(Type.WINDOW_UPDATE, 0, stream, uint32(increment));
const INITIAL_WINDOW_SIZE = 4;
const MAX_FRAME_SIZE = 5;

/** Answers each request with so many bytes. */
const answering = (byteCount: number) => (stream: Http2Stream) => {
  stream.respond(responseHeaders, NOTHING, new Uint8Array(byteCount), trailers);
  return new Gathering();
};

/** Twice: the acknowledgement of a PING may be ahead of data in the same write. */
async function settled(peer: RawPeer): Promise<void> {
  await peer.settled();
  await peer.settled();
}

function dataFrames(frames: readonly Frame[], stream: number): number[] {
  return frames.filter((each) => each.type === Type.DATA && each.stream === stream).map((each) => each.payload.length);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

describe("sending", () => {
  it("stops at the stream's window and goes on by what it is widened", async () => {
    const frames: Frame[] = [];
    const { peer } = await rawToServer(answering(100), {}, { settings: [[INITIAL_WINDOW_SIZE, 10]] });
    peer.onFrame = (each) => frames.push(each);
    await settled(peer);
    peer.write(open(1));
    await settled(peer);
    expect(dataFrames(frames, 1)).toEqual([10]);
    peer.write(widen(1, 5));
    await settled(peer);
    expect(dataFrames(frames, 1)).toEqual([10, 5]);
    peer.write(widen(1, 1000));
    await settled(peer);
    expect(dataFrames(frames, 1)).toEqual([10, 5, 85]);
    expect(peer.endedStreams).toBe(1);
  });

  it("stops at the connection's window, which all streams share", async () => {
    const { peer } = await rawToServer(answering(50_000), {}, { settings: [[INITIAL_WINDOW_SIZE, 1_000_000]] });
    await settled(peer);
    peer.write(open(1), open(3));
    await settled(peer);
    expect(peer.dataBytes).toBe(65_535);
    peer.write(widen(0, 100_000));
    await settled(peer);
    expect(peer.dataBytes).toBe(100_000);
    expect(peer.endedStreams).toBe(2);
  });

  it("heeds a smaller initial window for streams under way: theirs may be below zero", async () => {
    const frames: Frame[] = [];
    const { peer } = await rawToServer(answering(100), {}, { settings: [[INITIAL_WINDOW_SIZE, 40]] });
    peer.onFrame = (each) => frames.push(each);
    await settled(peer);
    peer.write(open(1));
    await settled(peer);
    peer.write(settings([INITIAL_WINDOW_SIZE, 10]), widen(1, 30));
    await settled(peer);
    expect(dataFrames(frames, 1)).toEqual([40]);
    peer.write(widen(1, 1));
    await settled(peer);
    expect(dataFrames(frames, 1)).toEqual([40, 1]);
    peer.write(settings([INITIAL_WINDOW_SIZE, 1000]));
    await settled(peer);
    expect(dataFrames(frames, 1)).toEqual([40, 1, 59]);
  });

  it("sends headers, and the end of a stream without data, past a window that is used up", async () => {
    const { peer } = await rawToServer(answering(0), {}, { settings: [[INITIAL_WINDOW_SIZE, 0]] });
    await settled(peer);
    peer.write(open(1));
    await settled(peer);
    expect(peer.endedStreams).toBe(1);
  });

  it("makes no frame longer than the peer allows", async () => {
    const frames: Frame[] = [];
    const { peer } = await rawToServer(answering(60_000), {}, { settings: [[MAX_FRAME_SIZE, 20_000]] });
    peer.onFrame = (each) => frames.push(each);
    await settled(peer);
    peer.write(open(1));
    await settled(peer);
    expect(dataFrames(frames, 1)).toEqual([20_000, 20_000, 20_000]);
  });

  it("lets streams take turns", async () => {
    const frames: Frame[] = [];
    const window: [number, number] = [INITIAL_WINDOW_SIZE, 10_000_000];
    const { peer } = await rawToServer(answering(2_000_000), {}, { settings: [window] });
    peer.onFrame = (each) => frames.push(each);
    peer.write(widen(0, 100_000_000));
    await settled(peer);
    peer.write(open(1), open(3), open(5));
    await peer.frame(({ flags, type }) => type === Type.HEADERS && (flags & Flag.END_STREAM) !== 0);
    const sent = [1, 3, 5].map((stream) => sum(dataFrames(frames, stream)));
    expect(Math.max(...sent) - Math.min(...sent)).toBeLessThanOrEqual(2 * 16_384);
  });

  it("goes on without the socket's word where the socket takes everything", async () => {
    const { peer, server } = await rawToServer(
      answering(3_000_000),
      {},
      { settings: [[INITIAL_WINDOW_SIZE, 10_000_000]] },
    );
    Object.defineProperty(server.socket, "write", {
      value(chunk: Uint8Array, written?: () => void) {
        Reflect.apply(Object.getPrototypeOf(server.socket).write, server.socket, [chunk, written]);
        return true;
      },
    });
    peer.write(widen(0, 100_000_000), open(1));
    await peer.frame(({ flags, type }) => type === Type.HEADERS && (flags & Flag.END_STREAM) !== 0);
    expect(peer.dataBytes).toBe(3_000_000);
  });

  it("says when more waits than sendBufferBytes, and when there is room again", async () => {
    const receiver = new Gathering();
    let stream!: Http2Stream;
    const { peer } = await rawToServer(
      (opened) => {
        stream = opened;
        stream.sendHeaders(responseHeaders, false);
        return receiver;
      },
      { sendBufferBytes: 1000 },
      { settings: [[INITIAL_WINDOW_SIZE, 0]] },
    );
    await settled(peer);
    peer.write(open(1));
    await settled(peer);
    expect(stream.sendData(false, new Uint8Array(1000))).toBe(true);
    expect(stream.sendData(false, new Uint8Array(1))).toBe(false);
    expect(stream.bufferedBytes).toBe(1001);
    peer.write(widen(1, 500));
    await settled(peer);
    expect(receiver.drains).toBe(0);
    peer.write(widen(1, 1));
    await settled(peer);
    expect(receiver.drains).toBe(1);
    expect(stream.bufferedBytes).toBe(500);
  });

  it("resets a stream that would add to more than maxQueuedBytes", async () => {
    const { peer } = await rawToServer(
      answering(1000),
      { maxQueuedBytes: 1500 },
      { settings: [[INITIAL_WINDOW_SIZE, 0]] },
    );
    await settled(peer);
    peer.write(open(1), open(3), open(5));
    await settled(peer);
    expect([...peer.resets]).toEqual([[5, ErrorCode.ENHANCE_YOUR_CALM]]);
  });
});

describe("receiving", () => {
  const data = (stream: number, byteCount: number): Buffer => frame(Type.DATA, 0, stream, new Uint8Array(byteCount));
  const request = (stream: number): Buffer => frame(Type.HEADERS, Flag.END_HEADERS, stream, post());

  it("resets a stream that sends more than its window", async () => {
    const { peer } = await rawToServer(
      () => {
        const holding = new Gathering();
        holding.data = () => {};
        return holding;
      },
      { initialWindowBytes: 1000 },
    );
    await settled(peer);
    peer.write(request(1), data(1, 600), data(1, 401));
    await settled(peer);
    expect([...peer.resets]).toEqual([[1, ErrorCode.FLOW_CONTROL_ERROR]]);
  });

  it("lets a peer that has not acknowledged our SETTINGS send what the protocol says", async () => {
    const receiver = new Gathering();
    receiver.data = () => {};
    const { peer } = await rawToServer(() => receiver, { initialWindowBytes: 1000 }, { acknowledges: false });
    peer.write(request(1), data(1, 16_000), data(1, 16_000));
    await settled(peer);
    expect([...peer.resets]).toEqual([]);
  });

  it("gives back what is consumed, half a window at a time, padding included", async () => {
    const updates: number[] = [];
    const { peer } = await rawToServer(() => new Gathering(), { initialWindowBytes: 1000 });
    peer.onFrame = ({ type, stream, payload }) => {
      if (type === Type.WINDOW_UPDATE && stream === 1) updates.push(payload.readUInt32BE(0));
    };
    peer.write(request(1), data(1, 499));
    await settled(peer);
    expect(updates).toEqual([]);
    peer.write(frame(Type.DATA, Flag.PADDED, 1, Buffer.concat([Buffer.of(100), Buffer.alloc(200)])));
    await settled(peer);
    // The padding and its length at once; the data waits for the next half.
    expect(updates).toEqual([499 + 101]);
  });

  it("gives the connection back what a stream had not consumed when it closed", async () => {
    const given: number[] = [];
    const { peer } = await rawToServer(
      () => {
        const holding = new Gathering();
        holding.data = () => {};
        return holding;
      },
      { connectionWindowBytes: 100_000 },
    );
    peer.onFrame = ({ type, stream, payload }) => {
      if (type === Type.WINDOW_UPDATE && stream === 0) given.push(payload.readUInt32BE(0));
    };
    await settled(peer);
    given.length = 0;
    for (let stream = 1; stream < 100; stream += 2) {
      peer.write(request(stream), data(stream, 10_000), frame(Type.RST_STREAM, 0, stream, uint32(8)));
      await settled(peer);
    }
    expect(peer.goaways).toEqual([]);
    expect(sum(given)).toBeGreaterThan(400_000);
  });

  it("holds a client's server to the windows too", async () => {
    const receiver = new Gathering();
    receiver.data = () => {};
    const { client, peer } = await clientToRaw({ initialWindowBytes: 1000 });
    await settled(peer);
    client.request(requestHeaders, true, receiver);
    await peer.frame(({ type }) => type === Type.HEADERS);
    peer.write(frame(Type.HEADERS, Flag.END_HEADERS, 1, Buffer.of(0x88)), data(1, 1001));
    expect(await receiver.ended).toMatchObject({ code: ErrorCode.FLOW_CONTROL_ERROR, source: "local" });
  });
});

describe("both ways", () => {
  it("many streams, small windows, every byte", async () => {
    const small = { initialWindowBytes: 5000, connectionWindowBytes: 70_000, sendBufferBytes: 1000 };
    const { client } = await connectPair(echo, { server: small, client: small });
    const calls = Array.from({ length: 30 }, (_, index) => {
      const body = randomBytes(index * 3000);
      const receiver = new Gathering();
      const stream = client.request(requestHeaders, false, receiver)!;
      for (let at = 0; at < body.length; at += 700) stream.sendData(false, body.subarray(at, at + 700));
      stream.sendData(true);
      return { body, receiver };
    });
    for (const { body, receiver } of calls) {
      expect(await receiver.ended).toBeUndefined();
      expect(receiver.body.equals(body)).toBe(true);
    }
  });
});
