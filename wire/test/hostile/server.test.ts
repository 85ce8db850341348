import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ErrorCode, type Http2ClientOptions } from "../../src/http2/index.ts";
import { block } from "../raw/blocks.ts";
import { Flag, frame, settings, Type, uint32 } from "../raw/frames.ts";
import { RawPeer, type RawPeerOptions } from "../raw/raw-peer.ts";
import { leavesNothing } from "./leaves-nothing.ts";
import { Victim } from "./victim.ts";

// A server that means harm, against clients of ours in a process of their own, whose living memory is watched while it happens.

let victim: Victim;
let watched: Awaited<ReturnType<Victim["watch"]>>;
const closing: (() => void)[] = [];

beforeAll(async () => {
  victim = new Victim();
  // What everything costs once.
  const { peer, called } = await attack({ requests: 100 });
  for (let stream = 1; stream < 200; stream += 2) peer.write(ok(stream));
  await peer.settled();
  peer.destroy();
  await called;
});
beforeEach(async () => {
  watched = await victim.watch();
});
afterEach(async () => {
  for (const close of closing.splice(0)) close();
  await leavesNothing(victim);
});
afterAll(() => victim.stop());

/** A server that waits for a client of ours; with its requests there. */
async function attack({
  requests = 1,
  open = false,
  consumes = true,
  options = {},
  ...peerOptions
}: RawPeerOptions & { requests?: number; open?: boolean; consumes?: boolean; options?: Http2ClientOptions }): Promise<{
  peer: RawPeer;
  called: ReturnType<Victim["call"]>;
}> {
  const server = createServer({ noDelay: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const connection = once(server, "connection");
  const called = victim.call((server.address() as AddressInfo).port, requests, { open, consumes, options });
  called.catch(() => {});
  const [socket] = (await connection) as [Socket];
  const peer = new RawPeer(socket, { ...peerOptions, role: "server" });
  closing.push(() => {
    peer.destroy();
    server.close();
  });
  if (peerOptions.silent !== true) await peer.settled();
  return { peer, called };
}

const headers = (stream: number, content: Uint8Array, endStream = true): Buffer =>
  frame(Type.HEADERS, Flag.END_HEADERS | (endStream ? Flag.END_STREAM : 0), stream, content);
const ok = (stream: number, endStream = true): Buffer => headers(stream, Buffer.of(0x88), endStream);
const megabyte = 1_000_000;

async function hasGrownByLess(bytes: number): Promise<void> {
  const { peakBytes } = await watched.growth();
  expect(peakBytes).toBeLessThan(bytes);
}

describe("floods", () => {
  const many: [string, Buffer][] = [
    ["SETTINGS", settings()],
    [
      "SETTINGS that change all streams' windows",
      settings(...Array.from({ length: 2_000 }, (_, index) => [4, index] as const)),
    ],
    ["SETTINGS that change the table", settings([1, 0], [1, 4_096])],
    ["SETTINGS that change the number of streams", settings([3, 0], [3, 100])],
    ["PING", frame(Type.PING, 0, 0, Buffer.alloc(8))],
    ["PING acknowledgements", frame(Type.PING, Flag.ACK, 0, Buffer.alloc(8))],
    ["PRIORITY", frame(Type.PRIORITY, 0, 1, Buffer.from([0, 0, 0, 3, 7]))],
    ["WINDOW_UPDATE", frame(Type.WINDOW_UPDATE, 0, 1, uint32(1))],
    ["empty DATA", frame(Type.DATA, 0, 1)],
    ["an unknown type", frame(0xaa, 0, 1, Buffer.alloc(1_000))],
    ["ALTSVC", frame(0x0a, 0, 0, Buffer.alloc(100))],
    ["GOAWAY", frame(Type.GOAWAY, 0, 0, uint32(0x7fffffff, 0))],
    ["informational answers", headers(1, block([":status", "103"]), false)],
  ];
  test.each(many)("%s: ENHANCE_YOUR_CALM after controlFrameBurst", async (_, bytes) => {
    const { peer, called } = await attack({
      requests: 50,
      open: true,
      options: { controlFrameBurst: 500, controlFramesPerSecond: 10 },
    });
    if (!bytes.equals(many.at(-1)![1])) peer.write(ok(1, false));
    const sent = await peer.flood(1_000_000, () => bytes);
    expect(sent).toBeLessThan(1_000_000);
    expect((await peer.ended()).goaway).toMatchObject({ code: ErrorCode.ENHANCE_YOUR_CALM });
    expect(await called).toMatchObject({ ending: `local ${ErrorCode.ENHANCE_YOUR_CALM}` });
    await hasGrownByLess(4 * megabyte);
  });

  test("CONTINUATION without end: ENHANCE_YOUR_CALM after maxContinuationFrames", async () => {
    const { peer, called } = await attack({});
    peer.write(frame(Type.HEADERS, 0, 1, Buffer.of(0x88)));
    await peer.flood(1_000_000, () => frame(Type.CONTINUATION, 0, 1));
    expect(await called).toMatchObject({ ending: `local ${ErrorCode.ENHANCE_YOUR_CALM}` });
    await hasGrownByLess(2 * megabyte);
  });

  test("a reset of every stream ends the streams, not the connection", async () => {
    const { peer, called } = await attack({ requests: 100 });
    for (let stream = 1; stream < 200; stream += 2)
      peer.write(frame(Type.RST_STREAM, 0, stream, uint32(ErrorCode.REFUSED_STREAM)));
    await peer.settled();
    peer.socket.end();
    expect((await called).endings).toEqual(Array.from({ length: 100 }, () => `peer ${ErrorCode.REFUSED_STREAM}`));
  });
});

describe("headers", () => {
  test("a list over maxHeaderListBytes resets its stream alone", async () => {
    const { peer, called } = await attack({ requests: 2, options: { maxHeaderListBytes: 8_192 } });
    peer.write(headers(1, Buffer.concat([Buffer.of(0x88), block(["x-large", "y".repeat(9_000)])])), ok(3));
    await peer.settled();
    expect(peer.resets.get(1)).toBe(ErrorCode.ENHANCE_YOUR_CALM);
    peer.socket.end();
    expect((await called).endings).toEqual([`local ${ErrorCode.ENHANCE_YOUR_CALM}`, "ended"]);
  });

  test("HPACK bombs reset their streams, and nothing stays", async () => {
    const { peer, called } = await attack({ requests: 90 });
    const put = Buffer.concat([Buffer.from("4001627fa11e", "hex"), Buffer.alloc(4_000, "x")]);
    peer.write(headers(1, Buffer.concat([Buffer.of(0x88), put])));
    const bomb = Buffer.concat([Buffer.of(0x88), Buffer.alloc(16_000, 0xbe)]);
    for (let stream = 3; stream < 180; stream += 2) peer.write(headers(stream, bomb));
    await peer.settled();
    expect(peer.resets.size).toBe(89);
    peer.socket.end();
    expect((await called).endings.filter((each) => each === `local ${ErrorCode.ENHANCE_YOUR_CALM}`).length).toBe(89);
    await hasGrownByLess(4 * megabyte);
  });

  test.each([
    ["no HPACK", headers(1, Buffer.of(0x80)), ErrorCode.COMPRESSION_ERROR],
    ["headers of a stream that was never opened", ok(99), ErrorCode.PROTOCOL_ERROR],
    ["headers of a stream that a server may open", ok(2), ErrorCode.PROTOCOL_ERROR],
    ["a push", frame(Type.PUSH_PROMISE, Flag.END_HEADERS, 1, uint32(2)), ErrorCode.PROTOCOL_ERROR],
    ["data of a stream that was never opened", frame(Type.DATA, 0, 99, Buffer.alloc(5)), ErrorCode.PROTOCOL_ERROR],
    ["a reset of a stream that was never opened", frame(Type.RST_STREAM, 0, 99, uint32(8)), ErrorCode.PROTOCOL_ERROR],
    [
      "a window of a stream that was never opened",
      frame(Type.WINDOW_UPDATE, 0, 99, uint32(8)),
      ErrorCode.PROTOCOL_ERROR,
    ],
    ["push turned on", settings([2, 1]), ErrorCode.PROTOCOL_ERROR],
    ["a window beyond 31 bits", settings([4, 0x80000000]), ErrorCode.FLOW_CONTROL_ERROR],
    ["a frame longer than may be", frame(Type.DATA, 0, 1, Buffer.alloc(100_000)), ErrorCode.FRAME_SIZE_ERROR],
    [
      "a connection's window beyond 31 bits",
      frame(Type.WINDOW_UPDATE, 0, 0, uint32(0x7fffffff)),
      ErrorCode.FLOW_CONTROL_ERROR,
    ],
  ])("%s ends the connection", async (_, bytes, code) => {
    const { peer, called } = await attack({});
    peer.write(bytes);
    expect((await peer.ended()).goaway).toMatchObject({ code });
    expect(await called).toMatchObject({ ending: `local ${code}`, endings: [`local ${code}`] });
  });

  test.each([
    ["no status", block(["x-a", "b"])],
    ["a status of words", block([":status", "fine"])],
    ["a pseudo field of requests", block([":status", "200"], [":path", "/"])],
    ["a name in upper case", block([":status", "200"], ["X-A", "b"])],
    ["a value with a line feed", block([":status", "200"], ["x-a", "b\nc: d"])],
    ["a field of the connection", block([":status", "200"], ["connection", "close"])],
  ])("%s resets the stream alone", async (_, content) => {
    const { peer, called } = await attack({ requests: 2 });
    peer.write(headers(1, content), ok(3));
    await peer.settled();
    expect([...peer.resets]).toEqual([[1, ErrorCode.PROTOCOL_ERROR]]);
    peer.socket.end();
    expect((await called).endings).toEqual([`local ${ErrorCode.PROTOCOL_ERROR}`, "ended"]);
  });
});

describe("a server that is not one", () => {
  test.each([
    ["HTTP/1.1", Buffer.from("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n")],
    ["noise", Buffer.alloc(1_000, 0x5a)],
    ["PING before SETTINGS", frame(Type.PING, 0, 0, Buffer.alloc(8))],
    ["an acknowledgement before SETTINGS", frame(Type.SETTINGS, Flag.ACK, 0)],
  ])("%s", async (_, bytes) => {
    const { peer, called } = await attack({ silent: true });
    peer.write(bytes);
    await peer.ended();
    expect((await called).ending).toMatch(/^local [16]$/);
  });

  test("nothing at all: headerTimeoutMs", async () => {
    const { peer, called } = await attack({ silent: true, options: { headerTimeoutMs: 300 } });
    await peer.ended();
    expect(await called).toMatchObject({ ending: `local ${ErrorCode.PROTOCOL_ERROR}` });
  });

  test("no acknowledgement of SETTINGS: settingsTimeoutMs", async () => {
    const { peer, called } = await attack({ acknowledges: false, options: { settingsTimeoutMs: 300 } });
    await peer.ended();
    expect(await called).toMatchObject({ ending: `local ${ErrorCode.SETTINGS_TIMEOUT}` });
  });

  test("it hangs up in the middle of everything: every stream is told", async () => {
    const { peer, called } = await attack({ requests: 100, open: true });
    peer.write(ok(1, false), frame(Type.DATA, 0, 1, Buffer.alloc(100)).subarray(0, 50));
    peer.socket.end();
    const { endings } = await called;
    expect(endings.length).toBe(100);
    for (const ending of endings) expect(ending).toMatch(/^connection /);
  });

  test("GOAWAY again and again, for fewer streams each time: those above are told that they were not processed", async () => {
    const { peer, called } = await attack({ requests: 50, open: true });
    for (let last = 99; last >= 1; last -= 2) peer.write(frame(Type.GOAWAY, 0, 0, uint32(last, 0)));
    peer.write(ok(1), frame(Type.RST_STREAM, 0, 1, uint32(0)));
    await called;
    await hasGrownByLess(1 * megabyte);
  });

  test("50 MB that are consumed as they come: memory stays", async () => {
    const { peer } = await attack({ options: { initialWindowBytes: 65_535, connectionWindowBytes: 65_535 } });
    peer.write(ok(1, false));
    const windows = { connection: 65_535, stream: 65_535 };
    peer.onFrame = ({ type, stream, payload }) => {
      if (type === Type.WINDOW_UPDATE) windows[stream === 0 ? "connection" : "stream"] += payload.readUInt32BE(0);
    };
    for (let sent = 0; sent < 50 * megabyte; sent += 16_000) {
      while (Math.min(windows.connection, windows.stream) < 16_000 && !peer.isClosed)
        await new Promise((resolve) => setImmediate(resolve));
      windows.connection -= 16_000;
      windows.stream -= 16_000;
      peer.write(frame(Type.DATA, 0, 1, Buffer.alloc(16_000)));
    }
    await peer.settled();
    await hasGrownByLess(4 * megabyte);
  });

  test.each([
    ["a stream's window", { initialWindowBytes: 100_000 }, `local ${ErrorCode.FLOW_CONTROL_ERROR}`],
    ["the connection's window", { connectionWindowBytes: 100_000 }, `local ${ErrorCode.FLOW_CONTROL_ERROR}`],
  ])("data that nobody consumes, over %s: FLOW_CONTROL_ERROR", async (_, options, ending) => {
    const { peer, called } = await attack({ options, consumes: false });
    peer.write(ok(1, false));
    for (let sent = 0; sent < 7; sent++) peer.write(frame(Type.DATA, 0, 1, Buffer.alloc(16_000)));
    await expect.poll(() => peer.resets.get(1) ?? peer.goaways.at(-1)?.code).toBe(ErrorCode.FLOW_CONTROL_ERROR);
    peer.socket.end();
    expect((await called).endings).toEqual([ending]);
    await hasGrownByLess(1 * megabyte);
  });
});
