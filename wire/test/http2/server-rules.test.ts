import { describe, expect, it } from "vitest";

import { ErrorCode, type HeaderField } from "../../src/http2/index.ts";
import { block, get, post } from "../raw/blocks.ts";
import { Flag, frame, preface, settings, Type, uint32 } from "../raw/frames.ts";
import { Gathering, NOTHING, rawToServer, responseHeaders, trailers } from "./fixture.ts";

// RFC 9113, seen by a client that says what it may not say.

const { END_STREAM, END_HEADERS, PADDED, PRIORITY, ACK } = Flag;
const headers = (stream: number, flags = END_HEADERS | END_STREAM, payload: Uint8Array = get()): Buffer =>
  frame(Type.HEADERS, flags, stream, payload);
const open = (stream: number): Buffer => headers(stream, END_HEADERS, post());
const data = (stream: number, payload: string, flags = 0): Buffer =>
  frame(Type.DATA, flags, stream, Buffer.from(payload));
const priority = (dependsOn: number): Buffer => Buffer.concat([uint32(dependsOn), Buffer.of(16)]);
const fields = (...more: HeaderField[]): Buffer => Buffer.concat([get(), block(...more)]);

const connectionErrors: [section: string, what: string, code: number, frames: Buffer[]][] = [
  [
    "4.2",
    "SETTINGS of a size that is no multiple of six",
    ErrorCode.FRAME_SIZE_ERROR,
    [frame(Type.SETTINGS, 0, 0, Buffer.alloc(3))],
  ],
  [
    "4.2",
    "a frame longer than we allow",
    ErrorCode.FRAME_SIZE_ERROR,
    [open(1), frame(Type.DATA, 0, 1, Buffer.alloc(16_385))],
  ],
  [
    "4.3",
    "a block that cannot be decoded",
    ErrorCode.COMPRESSION_ERROR,
    [headers(1, END_HEADERS, Buffer.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff))],
  ],
  [
    "4.3",
    "another frame in the middle of a block",
    ErrorCode.PROTOCOL_ERROR,
    [headers(1, 0), frame(Type.PING, 0, 0, Buffer.alloc(8))],
  ],
  [
    "4.3",
    "another stream's CONTINUATION in the middle of a block",
    ErrorCode.PROTOCOL_ERROR,
    [headers(1, 0), frame(Type.CONTINUATION, END_HEADERS, 3)],
  ],
  ["4.3", "DATA in the middle of a block", ErrorCode.PROTOCOL_ERROR, [open(1), headers(3, 0), data(1, "x")]],
  ["5.1", "DATA on an idle stream", ErrorCode.PROTOCOL_ERROR, [data(1, "x")]],
  ["5.1", "RST_STREAM on an idle stream", ErrorCode.PROTOCOL_ERROR, [frame(Type.RST_STREAM, 0, 1, uint32(8))]],
  ["5.1", "WINDOW_UPDATE on an idle stream", ErrorCode.PROTOCOL_ERROR, [frame(Type.WINDOW_UPDATE, 0, 1, uint32(8))]],
  ["5.1.1", "a stream with an even identifier", ErrorCode.PROTOCOL_ERROR, [headers(2)]],
  ["5.1.1", "an identifier below one that was used", ErrorCode.PROTOCOL_ERROR, [headers(5), headers(3)]],
  ["6.1", "DATA without a stream", ErrorCode.PROTOCOL_ERROR, [data(0, "x")]],
  [
    "6.1",
    "more padding than payload",
    ErrorCode.PROTOCOL_ERROR,
    [open(1), frame(Type.DATA, PADDED, 1, Buffer.of(5, 1, 2))],
  ],
  ["6.1", "padding of no payload", ErrorCode.FRAME_SIZE_ERROR, [open(1), frame(Type.DATA, PADDED, 1)]],
  ["6.2", "HEADERS without a stream", ErrorCode.PROTOCOL_ERROR, [headers(0)]],
  [
    "6.2",
    "HEADERS with more padding than payload",
    ErrorCode.PROTOCOL_ERROR,
    [headers(1, END_HEADERS | PADDED, Buffer.of(9, 0x82))],
  ],
  [
    "6.2",
    "HEADERS too short for its priority",
    ErrorCode.FRAME_SIZE_ERROR,
    [headers(1, END_HEADERS | PRIORITY, Buffer.of(1, 2))],
  ],
  ["6.3", "PRIORITY without a stream", ErrorCode.PROTOCOL_ERROR, [frame(Type.PRIORITY, 0, 0, priority(1))]],
  ["6.4", "RST_STREAM without a stream", ErrorCode.PROTOCOL_ERROR, [frame(Type.RST_STREAM, 0, 0, uint32(8))]],
  [
    "6.4",
    "RST_STREAM of a wrong size",
    ErrorCode.FRAME_SIZE_ERROR,
    [open(1), frame(Type.RST_STREAM, 0, 1, Buffer.alloc(5))],
  ],
  ["6.5", "SETTINGS on a stream", ErrorCode.PROTOCOL_ERROR, [frame(Type.SETTINGS, 0, 1)]],
  [
    "6.5",
    "an acknowledgement with settings",
    ErrorCode.FRAME_SIZE_ERROR,
    [frame(Type.SETTINGS, ACK, 0, Buffer.alloc(6))],
  ],
  ["6.5.2", "ENABLE_PUSH of 2", ErrorCode.PROTOCOL_ERROR, [settings([2, 2])]],
  ["6.5.2", "INITIAL_WINDOW_SIZE above 31 bits", ErrorCode.FLOW_CONTROL_ERROR, [settings([4, 0x80000000])]],
  ["6.5.2", "MAX_FRAME_SIZE below 16,384", ErrorCode.PROTOCOL_ERROR, [settings([5, 16_383])]],
  ["6.5.2", "MAX_FRAME_SIZE above 24 bits", ErrorCode.PROTOCOL_ERROR, [settings([5, 0x1000000])]],
  [
    "6.6",
    "PUSH_PROMISE of a client",
    ErrorCode.PROTOCOL_ERROR,
    [open(1), frame(Type.PUSH_PROMISE, END_HEADERS, 1, Buffer.concat([uint32(2), get()]))],
  ],
  ["6.7", "PING on a stream", ErrorCode.PROTOCOL_ERROR, [frame(Type.PING, 0, 1, Buffer.alloc(8))]],
  ["6.7", "PING of a wrong size", ErrorCode.FRAME_SIZE_ERROR, [frame(Type.PING, 0, 0, Buffer.alloc(7))]],
  ["6.8", "GOAWAY on a stream", ErrorCode.PROTOCOL_ERROR, [frame(Type.GOAWAY, 0, 1, Buffer.alloc(8))]],
  ["6.8", "GOAWAY of a wrong size", ErrorCode.FRAME_SIZE_ERROR, [frame(Type.GOAWAY, 0, 0, Buffer.alloc(7))]],
  [
    "6.9",
    "WINDOW_UPDATE of nothing, for the connection",
    ErrorCode.PROTOCOL_ERROR,
    [frame(Type.WINDOW_UPDATE, 0, 0, uint32(0))],
  ],
  [
    "6.9",
    "WINDOW_UPDATE of a wrong size",
    ErrorCode.FRAME_SIZE_ERROR,
    [frame(Type.WINDOW_UPDATE, 0, 0, Buffer.alloc(3))],
  ],
  [
    "6.9.1",
    "a window of the connection above 31 bits",
    ErrorCode.FLOW_CONTROL_ERROR,
    [frame(Type.WINDOW_UPDATE, 0, 0, uint32(0x7fffffff))],
  ],
  [
    "6.9.2",
    "a window of a stream above 31 bits by SETTINGS",
    ErrorCode.FLOW_CONTROL_ERROR,
    [open(1), frame(Type.WINDOW_UPDATE, 0, 1, uint32(100_000)), settings([4, 0x7fffffff])],
  ],
  ["6.10", "CONTINUATION without HEADERS", ErrorCode.PROTOCOL_ERROR, [frame(Type.CONTINUATION, END_HEADERS, 1, get())]],
];

describe("a connection error", () => {
  it.each(connectionErrors)("%s: %s", async (_section, _what, code, frames) => {
    const { peer } = await rawToServer(() => new Gathering());
    peer.write(...frames);
    expect((await peer.ended()).goaway).toMatchObject({ code });
  });

  it("3.4: a preface that is none", async () => {
    const { peer } = await rawToServer(undefined, {}, { silent: true });
    peer.write(Buffer.from("GET / HTTP/1.1\r\nhost: x\r\n\r\n"));
    expect((await peer.ended()).goaway).toMatchObject({ code: ErrorCode.PROTOCOL_ERROR });
  });

  it("3.4: a first frame that is not SETTINGS", async () => {
    const { peer } = await rawToServer(undefined, {}, { silent: true });
    peer.write(preface, frame(Type.PING, 0, 0, Buffer.alloc(8)));
    expect((await peer.ended()).goaway).toMatchObject({ code: ErrorCode.PROTOCOL_ERROR });
  });

  it("5.1: HEADERS on a stream that has ended", async () => {
    const { peer } = await rawToServer();
    peer.write(headers(1));
    await peer.settled();
    peer.write(headers(1));
    expect((await peer.ended()).goaway).toMatchObject({ code: ErrorCode.STREAM_CLOSED });
  });
});

const streamErrors: [section: string, what: string, code: number, frames: Buffer[]][] = [
  ["5.1", "DATA after END_STREAM", ErrorCode.STREAM_CLOSED, [headers(1), data(1, "x")]],
  ["5.1", "HEADERS after END_STREAM", ErrorCode.STREAM_CLOSED, [headers(1), headers(1)]],
  [
    "5.1",
    "DATA after the client's own reset",
    ErrorCode.STREAM_CLOSED,
    [open(1), frame(Type.RST_STREAM, 0, 1, uint32(8)), data(1, "x")],
  ],
  [
    "5.3",
    "HEADERS that depend on themselves",
    ErrorCode.PROTOCOL_ERROR,
    [headers(1, END_HEADERS | PRIORITY, Buffer.concat([priority(1), get()]))],
  ],
  [
    "6.3",
    "PRIORITY of a wrong size",
    ErrorCode.FRAME_SIZE_ERROR,
    [open(1), frame(Type.PRIORITY, 0, 1, Buffer.alloc(4))],
  ],
  ["6.9", "WINDOW_UPDATE of nothing", ErrorCode.PROTOCOL_ERROR, [open(1), frame(Type.WINDOW_UPDATE, 0, 1, uint32(0))]],
  [
    "6.9.1",
    "a window above 31 bits",
    ErrorCode.FLOW_CONTROL_ERROR,
    [open(1), frame(Type.WINDOW_UPDATE, 0, 1, uint32(0x7fffffff))],
  ],
  ["8.1", "headers in the middle", ErrorCode.PROTOCOL_ERROR, [open(1), headers(1, END_HEADERS, block(["x-a", "1"]))]],
  [
    "8.1",
    "a pseudo-header field in trailers",
    ErrorCode.PROTOCOL_ERROR,
    [open(1), headers(1, END_HEADERS | END_STREAM, block([":path", "/"]))],
  ],
  [
    "8.1.1",
    "more DATA than content-length",
    ErrorCode.PROTOCOL_ERROR,
    [headers(1, END_HEADERS, fields(["content-length", "1"])), data(1, "xx", END_STREAM)],
  ],
  [
    "8.1.1",
    "less DATA than content-length",
    ErrorCode.PROTOCOL_ERROR,
    [headers(1, END_HEADERS, fields(["content-length", "3"])), data(1, "xx", END_STREAM)],
  ],
  [
    "8.1.1",
    "less DATA than content-length, before trailers",
    ErrorCode.PROTOCOL_ERROR,
    [
      headers(1, END_HEADERS, fields(["content-length", "3"])),
      headers(1, END_HEADERS | END_STREAM, block(["x-a", "1"])),
    ],
  ],
  [
    "8.1.1",
    "no DATA where content-length says some",
    ErrorCode.PROTOCOL_ERROR,
    [headers(1, END_HEADERS | END_STREAM, fields(["content-length", "3"]))],
  ],
];

const malformedRequests: [section: string, what: string, block: Buffer][] = [
  ["8.2.1", "an upper-case name", fields(["X-A", "1"])],
  ["8.2.1", "a name with a blank", fields(["x a", "1"])],
  ["8.2.1", "an empty name", fields(["", "1"])],
  ["8.2.1", "a value with a line break", fields(["x-a", "1\r\n2"])],
  ["8.2.1", "a value with NUL", fields(["x-a", "1\0"])],
  ["8.2.1", "a value that begins with a blank", fields(["x-a", " 1"])],
  ["8.2.2", "connection", fields(["connection", "keep-alive"])],
  ["8.2.2", "keep-alive", fields(["keep-alive", "1"])],
  ["8.2.2", "proxy-connection", fields(["proxy-connection", "keep-alive"])],
  ["8.2.2", "transfer-encoding", fields(["transfer-encoding", "chunked"])],
  ["8.2.2", "upgrade", fields(["upgrade", "h2c"])],
  ["8.2.2", "te that is not trailers", fields(["te", "gzip"])],
  ["8.3", "a pseudo-header field that is not known", fields([":protocol", "websocket"])],
  ["8.3", "a response's pseudo-header field", fields([":status", "200"])],
  ["8.3", "a pseudo-header field behind another field", Buffer.concat([block(["x-a", "1"]), get()])],
  ["8.3.1", "no :method", block([":scheme", "http"], [":path", "/"])],
  ["8.3.1", "no :scheme", block([":method", "GET"], [":path", "/"])],
  ["8.3.1", "no :path", block([":method", "GET"], [":scheme", "http"])],
  ["8.3.1", "an empty :path", block([":method", "GET"], [":scheme", "http"], [":path", ""])],
  ["8.3.1", "a :path without a slash", block([":method", "GET"], [":scheme", "http"], [":path", "x"])],
  ["8.3.1", ":method twice", Buffer.concat([block([":method", "GET"]), get()])],
  ["8.3.1", ":path twice", Buffer.concat([get(), block([":path", "/"])])],
  ["8.3.1", "host that is not :authority", fields([":authority", "a"], ["host", "b"])],
  ["8.5", "CONNECT with a :path", block([":method", "CONNECT"], [":authority", "a"], [":path", "/"])],
  ["8.5", "CONNECT without :authority", block([":method", "CONNECT"])],
  ["8.6", "a content-length that is no number", fields(["content-length", "-1"])],
  ["8.6", "two content-lengths", fields(["content-length", "1"], ["content-length", "2"])],
];

describe("a stream error", () => {
  it.each([
    ...streamErrors,
    ...malformedRequests.map(([section, what, block]): (typeof streamErrors)[number] => [
      section,
      what,
      ErrorCode.PROTOCOL_ERROR,
      [headers(1, END_HEADERS, block)],
    ]),
  ])("%s: %s", async (_section, _what, code, frames) => {
    const { peer } = await rawToServer(() => new Gathering());
    peer.write(...frames);
    await peer.settled();
    expect(peer.resets.get(1)).toBe(code);
    expect(peer.goaways).toEqual([]);
  });
});

const allowed: [section: string, what: string, frames: Buffer[]][] = [
  ["4.1", "a frame of an unknown type", [frame(0x77, 0xff, 0, Buffer.alloc(10))]],
  ["4.1", "flags that are not known", [frame(Type.PING, 0xfe & ~ACK, 0, Buffer.alloc(8))]],
  ["4.1", "the reserved bit", [frame(Type.PING, 0, 0x80000000, Buffer.alloc(8))]],
  ["5.1", "PRIORITY on an idle stream", [frame(Type.PRIORITY, 0, 99, priority(0))]],
  ["6.1", "padded DATA", [open(9), frame(Type.DATA, PADDED | END_STREAM, 9, Buffer.from("\u0003abc\0\0\0"))]],
  [
    "6.1",
    "DATA of nothing but padding",
    [open(9), frame(Type.DATA, PADDED | END_STREAM, 9, Buffer.from("\u0002\0\0"))],
  ],
  [
    "6.2",
    "padded HEADERS with a priority",
    [
      headers(
        9,
        END_HEADERS | END_STREAM | PADDED | PRIORITY,
        Buffer.concat([Buffer.of(2), priority(0), get(), Buffer.alloc(2)]),
      ),
    ],
  ],
  ["6.5.2", "a setting that is not known", [settings([0x99, 7])]],
  [
    "6.10",
    "a block in many frames, some empty",
    [
      headers(9, END_STREAM, get().subarray(0, 1)),
      frame(Type.CONTINUATION, 0, 9),
      frame(Type.CONTINUATION, 0, 9, get().subarray(1)),
      frame(Type.CONTINUATION, END_HEADERS, 9),
    ],
  ],
  ["8.1", "trailers of a request", [open(9), data(9, "x"), headers(9, END_HEADERS | END_STREAM, block(["x-a", "1"]))]],
  ["8.2.2", "te: trailers", [headers(9, END_HEADERS | END_STREAM, fields(["te", "trailers"]))]],
  [
    "8.3.1",
    "OPTIONS of *",
    [headers(9, END_HEADERS | END_STREAM, block([":method", "OPTIONS"], [":scheme", "http"], [":path", "*"]))],
  ],
  ["8.5", "CONNECT", [headers(9, END_HEADERS | END_STREAM, block([":method", "CONNECT"], [":authority", "a:1"]))]],
  [
    "8.6",
    "content-length that is right",
    [headers(9, END_HEADERS, fields(["content-length", "2"])), data(9, "xx", END_STREAM)],
  ],
];

describe("what is allowed", () => {
  it.each(allowed)("%s: %s", async (_section, _what, frames) => {
    const { peer } = await rawToServer();
    peer.write(...frames, headers(101));
    await peer.settled();
    expect(peer.goaways).toEqual([]);
    expect([...peer.resets]).toEqual([]);
    expect(peer.count(Type.HEADERS)).toBeGreaterThan(0);
  });

  it("5.1: frames on a stream that we reset are dropped", async () => {
    const { peer } = await rawToServer((stream) => {
      stream.reset(ErrorCode.CANCEL);
      return new Gathering();
    });
    peer.write(open(1), data(1, "x"), headers(1), frame(Type.WINDOW_UPDATE, 0, 1, uint32(9)));
    await peer.settled();
    expect([...peer.resets]).toEqual([[1, ErrorCode.CANCEL]]);
    expect(peer.goaways).toEqual([]);
  });

  it("5.1.2: a stream over the limit is refused, and one after another has ended is not", async () => {
    const receivers: Gathering[] = [];
    const { peer } = await rawToServer(
      (stream) => {
        const receiver = new Gathering();
        receiver.stream = stream;
        receivers.push(receiver);
        return receiver;
      },
      { maxConcurrentStreams: 2 },
    );
    peer.write(open(1), open(3), open(5));
    await peer.settled();
    expect([...peer.resets]).toEqual([[5, ErrorCode.REFUSED_STREAM]]);
    peer.write(data(1, "", END_STREAM));
    await peer.settled();
    receivers[0]!.stream!.respond(responseHeaders, NOTHING, NOTHING, trailers);
    peer.write(open(7));
    await peer.settled();
    expect(receivers.length).toBe(3);
  });

  it("6.5.3, 6.7: SETTINGS and PING are acknowledged", async () => {
    const { peer } = await rawToServer();
    const acknowledged = peer.frame(({ type, flags }) => type === Type.SETTINGS && flags === ACK);
    const echoed = peer.frame(
      ({ type, flags, payload }) => type === Type.PING && flags === ACK && payload.toString() === "12345678",
    );
    peer.write(settings([4, 70_000]), frame(Type.PING, 0, 0, Buffer.from("12345678")));
    await expect(Promise.all([acknowledged, echoed])).resolves.toHaveLength(2);
  });

  it("4.3.1: a header table that was made small in between is said to have been", async () => {
    const { peer } = await rawToServer();
    const answered = peer.frame(({ type }) => type === Type.HEADERS);
    peer.write(settings([1, 0]), settings([1, 4096]), headers(1));
    expect([...(await answered).payload.subarray(0, 4)]).toEqual([0x20, 0x3f, 0xe1, 0x1f]);
  });
});
