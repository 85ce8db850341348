import { describe, expect, it } from "vitest";

import { ErrorCode, Http2Error, type Http2ClientConnection, type Http2Stream } from "../../src/http2/index.ts";
import { get } from "../raw/blocks.ts";
import { Flag, frame, settings, Type, uint32 } from "../raw/frames.ts";
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

// RFC 9113, sections 5.4, 6.7, 6.8 and 5.1.2.

const request = (stream: number): Buffer => frame(Type.HEADERS, Flag.END_HEADERS | Flag.END_STREAM, stream, get());
const goaway = (lastStream: number, code: number, text = ""): Buffer =>
  frame(Type.GOAWAY, 0, 0, Buffer.concat([uint32(lastStream, code), Buffer.from(text)]));
const MAX_CONCURRENT_STREAMS = 3;

/** Streams that nobody answers until the test does. */
function waiting(): { streams: Http2Stream[]; onStream: (stream: Http2Stream) => Gathering } {
  const streams: Http2Stream[] = [];
  return {
    streams,
    onStream(stream) {
      streams.push(stream);
      return new Gathering();
    },
  };
}

function answer(stream: Http2Stream): void {
  stream.respond(responseHeaders, NOTHING, NOTHING, trailers);
}

describe("a server that closes gracefully", () => {
  it("warns first, serves what was opened meanwhile, then ends", async () => {
    const { streams, onStream } = waiting();
    const closed = Promise.withResolvers<Http2Error | undefined>();
    const { peer, server } = await rawToServer(onStream, { onClosed: (_, error) => closed.resolve(error) });
    peer.write(request(1));
    await peer.settled();
    const warned = peer.frame(({ type }) => type === Type.GOAWAY);
    const pinged = peer.frame(({ type, flags }) => type === Type.PING && flags === 0);
    server.closeGracefully();
    server.closeGracefully();
    await warned;
    expect(peer.goaways).toMatchObject([{ lastStream: 0x7fffffff, code: ErrorCode.NO_ERROR }]);
    const { payload } = await pinged;
    peer.write(request(3), frame(Type.PING, Flag.ACK, 0, payload), request(5));
    await peer.settled();
    expect(peer.goaways.at(-1)).toMatchObject({ lastStream: 3, code: ErrorCode.NO_ERROR });
    expect(streams.map(({ id }) => id)).toEqual([1, 3]);
    for (const stream of streams) answer(stream);
    expect(await closed.promise).toBeUndefined();
    await peer.ended();
    expect(peer.endedStreams).toBe(2);
  });

  it("drops what comes on streams opened too late, and goes on with the others", async () => {
    const { streams, onStream } = waiting();
    const { peer, server } = await rawToServer(onStream);
    peer.write(request(1));
    await peer.settled();
    const pinged = peer.frame(({ type, flags }) => type === Type.PING && flags === 0);
    server.closeGracefully();
    const { payload } = await pinged;
    peer.write(frame(Type.PING, Flag.ACK, 0, payload));
    await peer.settled();
    const late = [3, 5].flatMap((stream) => [
      frame(Type.HEADERS, Flag.END_HEADERS, stream, get()),
      frame(Type.DATA, 0, stream, Buffer.from("x")),
      frame(Type.WINDOW_UPDATE, 0, stream, uint32(1)),
      frame(Type.HEADERS, Flag.END_HEADERS | Flag.END_STREAM, stream, get()),
    ]);
    peer.write(...late);
    await peer.settled();
    expect([...peer.resets]).toEqual([]);
    answer(streams[0]!);
    expect((await peer.ended()).goaway).toMatchObject({ code: ErrorCode.NO_ERROR, lastStream: 1 });
    expect([peer.endedStreams, streams.length]).toEqual([1, 1]);
  });

  it("does not wait long for a peer that answers nothing", async () => {
    const { peer, server } = await rawToServer(echo, { closeTimeoutMs: 50 });
    await peer.settled();
    server.closeGracefully();
    await peer.ended();
    expect(peer.goaways).toHaveLength(2);
  });

  it("ends at once a connection that has not begun", async () => {
    const { peer, server } = await rawToServer(echo, { closeTimeoutMs: 60_000 }, { silent: true });
    server.closeGracefully();
    expect(server.closed).toBe(true);
    peer.socket.end();
    await peer.ended();
  });

  it("is left by our client for good: it closes, and says so", async () => {
    const heard: string[] = [];
    const goingAway = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<Http2Error | undefined>();
    const { streams, onStream } = waiting();
    const { client, server } = await connectPair(onStream, {
      events: {
        goingAway() {
          heard.push("goingAway");
          goingAway.resolve();
        },
        closed: (_, error) => {
          heard.push("closed");
          closed.resolve(error);
        },
      },
    });
    const receiver = new Gathering();
    client.request(requestHeaders, true, receiver);
    await new Promise((resolve) => client.ping(resolve));
    server.closeGracefully();
    await goingAway.promise;
    expect(client.usable).toBe(false);
    expect(client.request(requestHeaders, true, new Gathering())).toBeUndefined();
    answer(streams[0]!);
    expect(await receiver.ended).toBeUndefined();
    expect(await closed.promise).toBeUndefined();
    expect(heard).toEqual(["goingAway", "closed"]);
  });
});

describe("destroy", () => {
  it("tells the peer why, and each stream once", async () => {
    const receiver = new Gathering();
    const { peer, server } = await rawToServer(() => receiver);
    peer.write(request(1));
    await peer.settled();
    server.destroy(new Http2Error(ErrorCode.ENHANCE_YOUR_CALM, "too_many_pings", "local"));
    expect(await receiver.ended).toMatchObject({ code: ErrorCode.ENHANCE_YOUR_CALM });
    server.destroy();
    expect((await peer.ended()).goaway).toEqual({
      code: ErrorCode.ENHANCE_YOUR_CALM,
      lastStream: 1,
      text: "too_many_pings",
    });
    expect(receiver.closings).toBe(1);
  });

  it("is not waited for by pings and streams of the other side", async () => {
    const { client, server } = await connectPair(() => new Gathering());
    const receiver = new Gathering();
    client.request(requestHeaders, true, receiver);
    await new Promise<void>((resolve) => client.ping(() => resolve()));
    const ping = new Promise((resolve) => server.ping(resolve));
    client.socket.destroy();
    expect(await ping).toBeUndefined();
    expect(await receiver.ended).toMatchObject({ source: "connection" });
  });
});

describe("a ping", () => {
  it("measures the way there and back", async () => {
    const { client, server } = await connectPair(echo);
    const times = await Promise.all([client, server].map((end) => new Promise((resolve) => end.ping(resolve))));
    for (const time of times) expect(time).toBeGreaterThan(0);
  });

  it("of the client is told to the layer above", async () => {
    let pings = 0;
    const { client } = await connectPair(echo, { server: { onPing: () => pings++ } });
    await new Promise((resolve) => client.ping(resolve));
    expect(pings).toBe(1);
  });
});

describe("a client", () => {
  it("knows from GOAWAY which streams were not processed, and takes no new ones", async () => {
    const heard: unknown[] = [];
    const { client, peer } = await clientToRaw({}, { goingAway: (_, error) => heard.push(error) });
    const receivers = [new Gathering(), new Gathering(), new Gathering()];
    let retried: unknown = "not asked";
    receivers[2]!.closed = (_stream, error) => {
      retried = client.request(requestHeaders, true, new Gathering());
      Gathering.prototype.closed.call(receivers[2], _stream, error);
    };
    for (const receiver of receivers) client.request(requestHeaders, true, receiver);
    await peer.frame(({ stream }) => stream === 5);
    peer.write(goaway(3, ErrorCode.NO_ERROR, "bye"));
    expect(await receivers[2]!.ended).toMatchObject({ notProcessed: true, source: "peer" });
    expect(retried).toBeUndefined();
    expect(heard).toMatchObject([{ code: ErrorCode.NO_ERROR, message: expect.stringContaining("bye") }]);
    expect([client.usable, client.canOpen, client.activeStreams]).toEqual([false, false, 2]);
    peer.write(
      frame(Type.HEADERS, Flag.END_HEADERS | Flag.END_STREAM, 1, Buffer.of(0x88)),
      goaway(1, ErrorCode.NO_ERROR),
    );
    expect(await receivers[0]!.ended).toBeUndefined();
    expect(await receivers[1]!.ended).toMatchObject({ notProcessed: true });
    await peer.ended();
    expect(heard).toHaveLength(1);
  });

  it("gives streams of a connection that fails the peer's reason", async () => {
    const { client, peer } = await clientToRaw();
    const receiver = new Gathering();
    client.request(requestHeaders, true, receiver);
    await peer.frame(({ type }) => type === Type.HEADERS);
    peer.write(goaway(1, ErrorCode.ENHANCE_YOUR_CALM, "too_many_pings"));
    peer.socket.end();
    const error = await receiver.ended;
    expect(error).toMatchObject({ code: ErrorCode.ENHANCE_YOUR_CALM, source: "peer" });
    expect(error!.message).toContain("too_many_pings");
  });

  it("knows a refused stream, which it may try again, from one that was reset", async () => {
    const { client, peer } = await clientToRaw();
    const [refused, reset] = [new Gathering(), new Gathering()];
    client.request(requestHeaders, true, refused);
    client.request(requestHeaders, true, reset);
    await peer.frame(({ stream }) => stream === 3);
    peer.write(
      frame(Type.RST_STREAM, 0, 1, uint32(ErrorCode.REFUSED_STREAM)),
      frame(Type.RST_STREAM, 0, 3, uint32(ErrorCode.CANCEL)),
    );
    expect(await refused.ended).toMatchObject({ code: ErrorCode.REFUSED_STREAM, notProcessed: true });
    expect(await reset.ended).toMatchObject({ code: ErrorCode.CANCEL, notProcessed: false });
  });

  it("opens no more streams than the server allows, and says when there is room", async () => {
    let available = 0;
    const events = { streamAvailable: () => available++ };
    const { client, peer } = await clientToRaw({ initialMaxConcurrentStreams: 2 }, events, {
      settings: [[MAX_CONCURRENT_STREAMS, 1]],
    });
    const first = new Gathering();
    const ask = (receiver = new Gathering()): Http2Stream | undefined => client.request(requestHeaders, true, receiver);
    expect([ask(first), ask(), ask()].map((stream) => stream?.id)).toEqual([1, 3, undefined]);
    await peer.settled();
    expect(available).toBe(0);
    peer.write(frame(Type.RST_STREAM, 0, 3, uint32(8)));
    await peer.settled();
    expect([available, client.canOpen]).toEqual([0, false]);
    peer.write(frame(Type.HEADERS, Flag.END_HEADERS | Flag.END_STREAM, 1, Buffer.of(0x88)));
    expect(await first.ended).toBeUndefined();
    expect(available).toBe(1);
    expect(ask()?.id).toBe(5);
    expect(ask()).toBeUndefined();
    peer.write(settings([MAX_CONCURRENT_STREAMS, 5]));
    await peer.settled();
    expect(available).toBe(2);
  });

  it("closes gracefully when its last stream has ended", async () => {
    const { client, peer } = await clientToRaw();
    const receiver = new Gathering();
    client.request(requestHeaders, true, receiver);
    client.closeGracefully();
    await peer.settled();
    expect([client.closed, client.canOpen]).toEqual([false, false]);
    peer.write(frame(Type.HEADERS, Flag.END_HEADERS | Flag.END_STREAM, 1, Buffer.of(0x88)));
    expect(await receiver.ended).toBeUndefined();
    expect((await peer.ended()).goaway).toMatchObject({ code: ErrorCode.NO_ERROR });
  });

  it("says when the server's SETTINGS have come", async () => {
    const ready = Promise.withResolvers<Http2ClientConnection>();
    const { client } = await clientToRaw({}, { ready: ready.resolve });
    expect(await ready.promise).toBe(client);
  });

  const response = (...bytes: number[]): Buffer => frame(Type.HEADERS, Flag.END_HEADERS, 1, Buffer.from(bytes));
  const connectionErrors: [what: string, code: number, frames: Buffer[]][] = [
    [
      "8.4: push where it is off",
      ErrorCode.PROTOCOL_ERROR,
      [frame(Type.PUSH_PROMISE, Flag.END_HEADERS, 1, Buffer.concat([uint32(2), get()]))],
    ],
    ["6.5.2: a server that wants to be pushed to", ErrorCode.PROTOCOL_ERROR, [settings([2, 1])]],
    [
      "5.1: headers on a stream that nobody opened",
      ErrorCode.PROTOCOL_ERROR,
      [frame(Type.HEADERS, Flag.END_HEADERS, 7, Buffer.of(0x88))],
    ],
    [
      "5.1.1: a stream of the server's own",
      ErrorCode.PROTOCOL_ERROR,
      [frame(Type.HEADERS, Flag.END_HEADERS, 2, Buffer.of(0x88))],
    ],
  ];
  it.each(connectionErrors)("ends the connection for %s", async (_what, code, frames) => {
    const { client, peer } = await clientToRaw();
    client.request(requestHeaders, true, new Gathering());
    await peer.frame(({ type }) => type === Type.HEADERS);
    peer.write(...frames);
    expect((await peer.ended()).goaway).toMatchObject({ code });
  });

  const streamErrors: [what: string, frames: Buffer[]][] = [
    ["8.1: DATA before headers", [frame(Type.DATA, 0, 1, Buffer.from("x"))]],
    [
      "8.1: an informational end",
      [frame(Type.HEADERS, Flag.END_HEADERS | Flag.END_STREAM, 1, Buffer.of(0x08, 3, 0x31, 0x30, 0x33))],
    ],
    ["8.1: headers twice", [response(0x88), response(0x88)]],
    ["8.3.2: no :status", [response()]],
    ["8.3.2: a request's pseudo-header field", [response(0x88, 0x84)]],
    [
      "8.1.1: less DATA than content-length",
      [response(0x88, 0x0f, 13, 1, 0x35), frame(Type.DATA, Flag.END_STREAM, 1, Buffer.from("x"))],
    ],
  ];
  it.each(streamErrors)("resets the stream for %s", async (_what, frames) => {
    const { client, peer } = await clientToRaw();
    const receiver = new Gathering();
    client.request(requestHeaders, true, receiver);
    await peer.frame(({ type }) => type === Type.HEADERS);
    peer.write(...frames);
    expect(await receiver.ended).toMatchObject({ code: ErrorCode.PROTOCOL_ERROR, source: "local" });
    await peer.settled();
    expect(peer.resets.get(1)).toBe(ErrorCode.PROTOCOL_ERROR);
  });

  it("takes a length without content for what it is, in the answer to HEAD", async () => {
    const { client, peer } = await clientToRaw();
    const receiver = new Gathering();
    client.request([[":method", "HEAD"], ...requestHeaders.fields.slice(1)], true, receiver);
    await peer.frame(({ type }) => type === Type.HEADERS);
    peer.write(response(0x88, 0x0f, 13, 1, 0x35), frame(Type.DATA, Flag.END_STREAM, 1));
    expect(await receiver.ended).toBeUndefined();
  });
});
