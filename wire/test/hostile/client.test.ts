import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ErrorCode, type Http2ServerOptions } from "../../src/http2/index.ts";
import { block, get, post } from "../raw/blocks.ts";
import { Flag, frame, preface, settings, Type, uint32 } from "../raw/frames.ts";
import { rawClient, type RawPeer, type RawPeerOptions } from "../raw/raw-peer.ts";
import { Victim } from "./victim.ts";
import { leavesNothing } from "./leaves-nothing.ts";

// A client that means harm, against a server of ours in a process of its own, whose living memory is watched while it happens. What a
// peer gets is what the option's documentation promises.

let victim: Victim;
let watched: Awaited<ReturnType<Victim["watch"]>>;
const peers: RawPeer[] = [];

beforeAll(async () => {
  victim = new Victim();
  // What everything costs once.
  const peer = await attack({});
  for (let stream = 1; stream < 400; stream += 2) peer.write(request(stream));
  await peer.settled();
  peer.destroy();
});
beforeEach(async () => {
  watched = await victim.watch();
});
afterEach(async () => {
  for (const peer of peers.splice(0)) peer.destroy();
  await leavesNothing(victim);
});
afterAll(() => victim.stop());

async function attack(options: Http2ServerOptions, peerOptions: RawPeerOptions = {}): Promise<RawPeer> {
  const peer = await rawClient(await victim.serve(options), peerOptions);
  peers.push(peer);
  return peer;
}

const request = (stream: number, headers = get(), endStream = true): Buffer =>
  frame(Type.HEADERS, Flag.END_HEADERS | (endStream ? Flag.END_STREAM : 0), stream, headers);
const reset = (stream: number): Buffer => frame(Type.RST_STREAM, 0, stream, uint32(ErrorCode.CANCEL));
const megabyte = 1_000_000;
/** Buffers that are kept for the next connections, once a process. */
const pooledBytes = 7 * megabyte;

async function hasGrownByLess(bytes: number): Promise<void> {
  const { peakBytes } = await watched.growth();
  expect(peakBytes).toBeLessThan(bytes);
}

describe("floods", () => {
  test("rapid reset: ENHANCE_YOUR_CALM after resetBurst", async () => {
    const peer = await attack({ resetBurst: 200, resetsPerSecond: 10 });
    await peer.flood(1_000_000, (index) => Buffer.concat([request(index * 2 + 1, get("/hold")), reset(index * 2 + 1)]));
    expect((await peer.ended()).goaway).toMatchObject({ code: ErrorCode.ENHANCE_YOUR_CALM });
    const { memory, peakBytes } = await watched.growth();
    expect(peakBytes).toBeLessThan(4 * megabyte);
    expect(memory.streams).toBe(0);
  });

  test("streams that we have to reset count too: malformed requests", async () => {
    const peer = await attack({ resetBurst: 200, resetsPerSecond: 10 });
    await peer.flood(1_000_000, (index) => request(index * 2 + 1, block([":method", "GET"])));
    expect((await peer.ended()).goaway).toMatchObject({ code: ErrorCode.ENHANCE_YOUR_CALM });
    expect(peer.resets.get(1)).toBe(ErrorCode.PROTOCOL_ERROR);
    await hasGrownByLess(4 * megabyte);
  });

  test("streams over maxConcurrentStreams: REFUSED_STREAM, then ENHANCE_YOUR_CALM", async () => {
    const peer = await attack({ maxConcurrentStreams: 100, resetBurst: 200, resetsPerSecond: 10 });
    await peer.flood(1_000_000, (index) => request(index * 2 + 1, get("/hold")));
    expect((await peer.ended()).goaway).toMatchObject({ code: ErrorCode.ENHANCE_YOUR_CALM });
    expect(peer.resets.get(201)).toBe(ErrorCode.REFUSED_STREAM);
    expect(peer.resets.size).toBe(200);
    await hasGrownByLess(4 * megabyte);
  });

  const many: [string, Buffer][] = [
    ["SETTINGS", settings()],
    ["SETTINGS of 2,000 pairs", settings(...Array.from({ length: 2_000 }, (_, index) => [4, index] as const))],
    ["SETTINGS acknowledgements", frame(Type.SETTINGS, Flag.ACK, 0)],
    ["PING", frame(Type.PING, 0, 0, Buffer.alloc(8))],
    ["PING acknowledgements", frame(Type.PING, Flag.ACK, 0, Buffer.alloc(8))],
    ["PRIORITY", frame(Type.PRIORITY, 0, 1, Buffer.from([0, 0, 0, 3, 7]))],
    ["WINDOW_UPDATE", frame(Type.WINDOW_UPDATE, 0, 1, uint32(1))],
    ["empty DATA", frame(Type.DATA, 0, 1)],
    ["DATA of padding alone", frame(Type.DATA, Flag.PADDED, 1, Buffer.of(0))],
    ["an unknown type", frame(0xaa, 0, 1, Buffer.alloc(1_000))],
    ["GOAWAY", frame(Type.GOAWAY, 0, 0, uint32(0, 0))],
    ["RST_STREAM of an ended stream", reset(3)],
  ];
  test.each(many)("%s: ENHANCE_YOUR_CALM after controlFrameBurst", async (_, bytes) => {
    const peer = await attack({ controlFrameBurst: 500, controlFramesPerSecond: 10 });
    peer.write(request(1, post("/hold"), false), request(3, get("/hold")), reset(3));
    const sent = await peer.flood(1_000_000, () => bytes);
    expect((await peer.ended()).goaway).toMatchObject({ code: ErrorCode.ENHANCE_YOUR_CALM });
    expect(sent).toBeLessThan(1_000_000);
    await hasGrownByLess(4 * megabyte);
  });

  test.each([
    ["SETTINGS", settings()],
    ["PING", frame(Type.PING, 0, 0, Buffer.alloc(8))],
  ])("%s of a peer that reads no answer: the connection ends after maxQueuedControlFrames", async (_, bytes) => {
    const peer = await attack({ controlFrameBurst: 1e9, maxQueuedControlFrames: 1_000, closeTimeoutMs: 200 });
    peer.socket.pause();
    const sent = await peer.flood(20_000_000, () => bytes);
    expect(sent).toBeLessThan(20_000_000);
    await hasGrownByLess(6 * megabyte);
  });

  test("CONTINUATION without end, empty: ENHANCE_YOUR_CALM after maxContinuationFrames", async () => {
    const peer = await attack({});
    peer.write(frame(Type.HEADERS, 0, 1, get()));
    await peer.flood(1_000_000, () => frame(Type.CONTINUATION, 0, 1));
    expect((await peer.ended()).goaway).toMatchObject({ code: ErrorCode.ENHANCE_YOUR_CALM });
    await hasGrownByLess(2 * megabyte);
  });

  test("CONTINUATION without end, large: ENHANCE_YOUR_CALM by maxHeaderListBytes", async () => {
    const peer = await attack({ maxContinuationFrames: 1e9 });
    peer.write(frame(Type.HEADERS, 0, 1, get()));
    const piece = frame(Type.CONTINUATION, 0, 1, Buffer.alloc(16_384, block(["x-a", "y".repeat(50)])));
    await peer.flood(100_000, () => piece);
    expect((await peer.ended()).goaway).toMatchObject({ code: ErrorCode.ENHANCE_YOUR_CALM });
    await hasGrownByLess(2 * megabyte);
  });
});

describe("headers", () => {
  test("a list over maxHeaderListBytes: RST_STREAM with ENHANCE_YOUR_CALM, and the connection goes on", async () => {
    const peer = await attack({ maxHeaderListBytes: 8_192 });
    peer.write(request(1, Buffer.concat([get(), block(["x-large", "y".repeat(9_000)])])), request(3));
    await peer.settled();
    expect([...peer.resets]).toEqual([[1, ErrorCode.ENHANCE_YOUR_CALM]]);
    expect(peer.dataBytes).toBe("hello".length);
  });

  test("a block of more than twice maxHeaderListBytes: GOAWAY with ENHANCE_YOUR_CALM", async () => {
    const peer = await attack({ maxHeaderListBytes: 4_096 });
    peer.write(request(1, Buffer.concat([get(), block(["x-large", "y".repeat(9_000)])])));
    expect((await peer.ended()).goaway).toMatchObject({ code: ErrorCode.ENHANCE_YOUR_CALM });
  });

  test("HPACK bombs: RST_STREAM each, and nothing stays", async () => {
    const peer = await attack({ resetBurst: 100_000 });
    const put = Buffer.concat([Buffer.from("400162 7fa11e".replaceAll(" ", ""), "hex"), Buffer.alloc(4_000, "x")]);
    peer.write(request(1, Buffer.concat([get(), put])));
    const bomb = Buffer.concat([get(), Buffer.alloc(16_000, 0xbe)]);
    // 64 MB each, if it were believed.
    await peer.flood(500, (index) => request(index * 2 + 3, bomb));
    await peer.settled();
    expect(peer.resets.size).toBe(500);
    expect(new Set(peer.resets.values())).toEqual(new Set([ErrorCode.ENHANCE_YOUR_CALM]));
    await hasGrownByLess(4 * megabyte);
  });

  test("what is no HPACK: GOAWAY with COMPRESSION_ERROR", async () => {
    const peer = await attack({});
    peer.write(request(1, Buffer.of(0x80)));
    expect((await peer.ended()).goaway).toMatchObject({ code: ErrorCode.COMPRESSION_ERROR });
  });

  test("slow: a block that never ends gets PROTOCOL_ERROR after headerTimeoutMs, though frames still come", async () => {
    const peer = await attack({ headerTimeoutMs: 400 });
    peer.write(frame(Type.HEADERS, 0, 1, get()));
    const drips = setInterval(() => peer.write(frame(Type.CONTINUATION, 0, 1)), 100);
    const { goaway } = await peer.ended();
    clearInterval(drips);
    expect(goaway).toMatchObject({ code: ErrorCode.PROTOCOL_ERROR });
  });

  test("slow: a frame that comes byte by byte and never ends, too", async () => {
    const peer = await attack({ headerTimeoutMs: 400 });
    await peer.settled();
    const bytes = request(1, Buffer.concat([get(), block(["x-slow", "y".repeat(500)])]));
    let at = 0;
    const drips = setInterval(() => peer.write(bytes.subarray(at, ++at)), 20);
    const { goaway } = await peer.ended();
    clearInterval(drips);
    expect(goaway).toMatchObject({ code: ErrorCode.PROTOCOL_ERROR });
    expect(at).toBeLessThan(100);
  });

  test.each([
    ["nothing", Buffer.alloc(0)],
    ["half a preface", preface.subarray(0, 12)],
    ["a preface and no SETTINGS", preface],
  ])("slow: %s is waited for as long as headerTimeoutMs", async (_, bytes) => {
    const peer = await attack({ headerTimeoutMs: 300 }, { silent: true });
    peer.write(bytes);
    expect((await peer.ended()).goaway).toMatchObject({ code: ErrorCode.PROTOCOL_ERROR });
  });

  test.each([
    ["HTTP/1.1", Buffer.from("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")],
    ["noise", Buffer.alloc(1_000, 0x5a)],
    ["TLS", Buffer.from("1603010200010001fc0303", "hex")],
    ["a preface with a byte changed", Buffer.concat([preface.subarray(0, 20), Buffer.from("XXXX")])],
    ["a preface and no SETTINGS but PING", Buffer.concat([preface, frame(Type.PING, 0, 0, Buffer.alloc(8))])],
  ])("%s instead of a preface: the connection ends at once", async (_, bytes) => {
    const peer = await attack({}, { silent: true });
    peer.write(bytes);
    expect((await peer.ended()).goaway).toMatchObject({ code: ErrorCode.PROTOCOL_ERROR });
  });

  test("SETTINGS that are never acknowledged: SETTINGS_TIMEOUT after settingsTimeoutMs", async () => {
    const peer = await attack({ settingsTimeoutMs: 300 }, { acknowledges: false });
    expect((await peer.ended()).goaway).toMatchObject({ code: ErrorCode.SETTINGS_TIMEOUT });
  });
});

describe("many connections", () => {
  test("500 that say nothing cost little", async () => {
    const port = await victim.serve({ headerTimeoutMs: 60_000 });
    const silent = await Promise.all(Array.from({ length: 500 }, () => rawClient(port, { silent: true })));
    peers.push(...silent);
    await expect.poll(() => silent.every((peer) => peer.count(Type.SETTINGS) > 0)).toBe(true);
    const { memory, endBytes } = await watched.growth();
    expect(memory.connections).toBe(500);
    expect(endBytes).toBeLessThan(500 * 10_000 + pooledBytes);
  });

  test("500 that have asked for something and are idle now hold no buffers", async () => {
    const port = await victim.serve({});
    const idle = await Promise.all(Array.from({ length: 500 }, () => rawClient(port)));
    peers.push(...idle);
    for (const stream of [1, 3, 5]) {
      for (const peer of idle) peer.write(request(stream));
      await Promise.all(idle.map((peer) => peer.settled()));
    }
    const { memory, endBytes } = await watched.growth();
    expect(memory.connections).toBe(500);
    expect(endBytes).toBeLessThan(500 * 10_000 + pooledBytes);
  });
});

describe("readers that do not read", () => {
  test("no window at all: each of 1,000 streams holds what sendBufferBytes says, and no more", async () => {
    const peer = await attack({ sendBufferBytes: 4_096 }, { settings: [[4, 0]] });
    for (let stream = 1; stream < 2_000; stream += 2) peer.write(request(stream, get("/large")));
    await peer.settled();
    expect(peer.dataBytes).toBe(0);
    const { memory, peakBytes } = await watched.growth();
    expect(memory.streams).toBe(1_000);
    expect(peakBytes).toBeLessThan(4 * megabyte);
  });

  test("no window at all, and large answers: ENHANCE_YOUR_CALM for those beyond maxQueuedBytes", async () => {
    const peer = await attack({ maxQueuedBytes: 8 * megabyte }, { settings: [[4, 0]] });
    for (let stream = 1; stream < 200; stream += 2) peer.write(request(stream, get("/megabyte")));
    await peer.settled();
    const { memory, peakBytes } = await watched.growth();
    expect(peakBytes).toBeLessThan(12 * megabyte);
    expect(memory.streams).toBeLessThan(12);
    expect(peer.resets.size).toBe(100 - memory.streams);
    expect(new Set(peer.resets.values())).toEqual(new Set([ErrorCode.ENHANCE_YOUR_CALM]));
  });

  test("a window a byte at a time: a byte at a time is sent", async () => {
    const peer = await attack({}, { settings: [[4, 1]] });
    peer.write(request(1, get("/large")));
    for (let round = 0; round < 2_000; round++) {
      peer.write(frame(Type.WINDOW_UPDATE, 0, 1, uint32(1)));
      if (round % 100 === 0) await peer.settled();
    }
    await peer.settled();
    expect(peer.dataBytes).toBe(2_001);
    await hasGrownByLess(2 * megabyte);
  });

  test("a socket that is not read: what was asked for is not produced", async () => {
    const peer = await attack({}, { settings: [[4, 0x7fffffff]] });
    peer.write(frame(Type.WINDOW_UPDATE, 0, 0, uint32(0x7fff0000)));
    peer.socket.pause();
    // 64 GB, if they were read.
    for (let stream = 1; stream < 128; stream += 2) peer.write(request(stream, get("/large")));
    await sleep(500);
    const { memory, peakBytes } = await watched.growth();
    expect(memory.streams).toBe(64);
    expect(peakBytes).toBeLessThan(4 * megabyte);
  });

  test("a body that comes back to nobody: the sender is held by its window", async () => {
    const peer = await attack({ initialWindowBytes: 65_536, sendBufferBytes: 16_384 }, { settings: [[4, 0]] });
    peer.write(request(1, post("/echo"), false));
    const piece = frame(Type.DATA, 0, 1, Buffer.alloc(8_192));
    for (let sent = 0; sent < 8; sent++) peer.write(piece);
    await peer.settled();
    expect(peer.isClosed).toBe(false);
    peer.write(piece);
    await peer.settled();
    expect([...peer.resets]).toEqual([[1, ErrorCode.FLOW_CONTROL_ERROR]]);
    await hasGrownByLess(1 * megabyte);
  });
});

describe("streams", () => {
  test("1,000 without end cost some hundred bytes each", async () => {
    const peer = await attack({});
    for (let stream = 1; stream < 2_000; stream += 2) peer.write(request(stream, post("/hold"), false));
    await peer.settled();
    const { memory, peakBytes } = await watched.growth();
    expect(memory.streams).toBe(1_000);
    expect(peakBytes).toBeLessThan(1.5 * megabyte);
  });

  test("DATA over the connection's window: FLOW_CONTROL_ERROR", async () => {
    const peer = await attack({ connectionWindowBytes: 100_000, initialWindowBytes: 1_000_000 });
    for (let stream = 1; stream < 20; stream += 2) {
      peer.write(request(stream, post("/echo"), false));
    }
    peer.socket.pause();
    await peer.flood(10_000, (index) => frame(Type.DATA, 0, (index % 10) * 2 + 1, Buffer.alloc(16_384)));
    peer.socket.resume();
    // The echo sends back what comes, so the window is given back at first; then nobody reads.
    const { goaway } = await peer.ended();
    if (goaway !== undefined) expect(goaway).toMatchObject({ code: ErrorCode.FLOW_CONTROL_ERROR });
    await hasGrownByLess(4 * megabyte);
  });

  test("DATA after the end: STREAM_CLOSED", async () => {
    const peer = await attack({});
    peer.write(request(1));
    await peer.settled();
    peer.write(frame(Type.DATA, 0, 1, Buffer.alloc(10)));
    expect((await peer.ended()).goaway).toMatchObject({ code: ErrorCode.STREAM_CLOSED });
  });

  test("DATA after our reset is dropped, and what it took of the window is given back", async () => {
    const peer = await attack({ connectionWindowBytes: 65_535, resetBurst: 1e6 });
    let streams = 0;
    // Each stream is refused for its headers; its body comes all the same.
    for (let round = 0; round < 50; round++) {
      const stream = ++streams * 2 - 1;
      peer.write(request(stream, block([":method", "GET"]), false), frame(Type.DATA, 0, stream, Buffer.alloc(16_000)));
      await peer.settled();
    }
    expect(peer.isClosed).toBe(false);
    expect(peer.resets.size).toBe(50);
    await hasGrownByLess(1 * megabyte);
  });

  test("an end of the socket in the middle of everything leaves nothing", async () => {
    const peer = await attack({});
    for (let stream = 1; stream < 200; stream += 2) peer.write(request(stream, post("/echo"), false));
    await peer.settled();
    peer.socket.end();
    await peer.ended();
  });

  test("half-open: a request before the client's FIN is answered or the connection ends", async () => {
    const peer = await attack({});
    peer.write(request(1));
    peer.socket.end();
    await peer.ended();
  });

  test("frames that come byte by byte are frames", async () => {
    const peer = await attack({ controlFrameBurst: 1e9 });
    await peer.settled();
    const bytes = Buffer.concat(Array.from({ length: 300 }, () => frame(Type.PING, 0, 0, Buffer.alloc(8))));
    for (let at = 0; at < bytes.length; at++) {
      peer.write(bytes.subarray(at, at + 1));
      if (at % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await peer.settled();
    expect(peer.count(Type.PING)).toBe(302);
  });
});
