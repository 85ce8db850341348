import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import * as fc from "fast-check";
import { connectHttp2, type StreamReceiver } from "../../src/http2/index.ts";
import { HeaderEncoder } from "../../src/http2/hpack/index.ts";
import { Flag, frame, preface, settings, settingsAck, Type, uint32 } from "../raw/frames.ts";
import { arbitraryHarm, arbitraryStep, Conversation, type Harm, harmed, type Step } from "./conversation.ts";
import { ourServer } from "./servers.ts";

export interface Chaos {
  connections: number;
  frames: number;
  /** Connections, or streams, that were there at the end though their peers had gone. */
  left: number;
  readonly escaped: unknown[];
}

/** Frames of which every fifth has something wrong, in pieces of any size, to servers of ours. */
export async function chaosForServers(frames: number, seed: number): Promise<Chaos> {
  const result: Chaos = { connections: 0, frames: 0, left: 0, escaped: [] };
  const server = await ourServer((error) => result.escaped.push(error));
  await sideBySide(async (sample) => {
    const [steps, harms, cuts] = scriptOf(seed + sample);
    const conversation = new Conversation();
    const sent = steps.flatMap((step) => conversation.frames(step));
    spoil(sent, harms);
    result.connections++;
    result.frames += sent.length;
    const socket = connect(server.port, "127.0.0.1");
    await say(socket, Buffer.concat([preface, settings(), settingsAck, ...sent]), cuts);
    return result.frames < frames;
  });
  await settled(() => server.connections() === 0);
  result.left = server.connections();
  server.close();
  return result;
}

/** The same to clients of ours, which have made some requests. */
export async function chaosForClients(frames: number, seed: number): Promise<Chaos> {
  const result: Chaos = { connections: 0, frames: 0, left: 0, escaped: [] };
  const scripts = new Map<number, [Buffer, number[]]>();
  const server = createServer((socket) => {
    const [bytes, cuts] = scripts.get(socket.remotePort!) ?? [Buffer.alloc(0), [1]];
    socket.resume();
    void say(socket, bytes, cuts);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  let open = 0;
  const receiver: StreamReceiver = {
    headers() {},
    data: (stream, bytes) => stream.consume(bytes.length),
    drained() {},
    closed: () => open--,
  };
  const request = [
    [":method", "GET"],
    [":scheme", "http"],
    [":path", "/"],
    [":authority", "localhost"],
  ] as const;
  await sideBySide(async (sample) => {
    const [steps, harms, cuts] = scriptOf(seed + sample);
    const sent = answers(steps);
    spoil(sent, harms);
    result.connections++;
    result.frames += sent.length;
    const socket = connect(port, "127.0.0.1");
    const closed = Promise.withResolvers<void>();
    open++;
    const connection = connectHttp2(
      socket,
      {},
      {
        closed() {
          open--;
          closed.resolve();
        },
      },
    );
    socket.once("connect", () =>
      scripts.set(socket.localPort!, [Buffer.concat([settings(), settingsAck, ...sent]), cuts]),
    );
    const localPort = once(socket, "connect").then(() => socket.localPort!);
    for (let count = 0; count < 6; count++)
      if (connection.request(request, count % 3 !== 0, receiver) !== undefined) open++;
    await closed.promise;
    scripts.delete(await localPort);
    return result.frames < frames;
  });
  await settled(() => open === 0);
  result.left = open;
  server.close();
  return result;
}

type Script = [steps: Step[], harms: [number, Harm][], cuts: number[]];

function scriptOf(seed: number): Script {
  return fc.sample(script, { seed, numRuns: 1 })[0]!;
}

const script: fc.Arbitrary<Script> = fc.tuple(
  fc.array(arbitraryStep, { minLength: 5, maxLength: 100, size: "max" }),
  fc.array(fc.tuple(fc.nat(100), arbitraryHarm), { maxLength: 20, size: "max" }),
  fc.array(fc.nat(3_000), { minLength: 1, maxLength: 5 }),
);

function spoil(frames: Buffer[], harms: readonly [number, Harm][]): void {
  for (const [at, harm] of harms) {
    const place = at % frames.length;
    // Of one that was cut before there may be nothing left to harm.
    if (frames[place]!.length >= 9) frames[place] = harmed(frames[place]!, harm);
  }
}

/** What a server might say to requests on streams 1 to 11, in no particular order. */
function answers(steps: readonly Step[]): Buffer[] {
  const encoder = new HeaderEncoder();
  return steps.map(({ what, which, size, flags }) => {
    const stream = (which % 7) * 2 + 1;
    if (what < 30) {
      const fields = [[":status", what < 4 ? "103" : "200"] as const, ["x-size", "v".repeat(size)] as const];
      return frame(Type.HEADERS, Flag.END_HEADERS | (flags & 1), stream, encoder.encode(fields));
    }
    if (what < 55) return frame(Type.DATA, flags & 1, stream, Buffer.alloc(size, "d"));
    if (what < 60) return frame(Type.RST_STREAM, 0, stream, uint32(flags & 15));
    if (what < 68) return frame(Type.WINDOW_UPDATE, 0, which < 5 ? 0 : stream, uint32(size + 1));
    if (what < 76) return frame(Type.PING, flags & 1, 0, Buffer.alloc(8, size));
    if (what < 84) return settings([3, size], [4, size * 100], [1, size * 10]);
    if (what < 86) return frame(Type.GOAWAY, 0, 0, uint32(size % 16, flags & 15));
    return frame(0x20 + (what & 7), flags, which, Buffer.alloc(size));
  });
}

/** In pieces, and then goes away, without waiting for more than the other side's own end. */
async function say(socket: Socket, bytes: Buffer, cuts: readonly number[]): Promise<void> {
  socket.on("error", () => {});
  socket.resume();
  const closed = new Promise((resolve) => socket.once("close", resolve));
  let turn = 0;
  for (let at = 0; at < bytes.length && socket.writable;) {
    const next = at + 1 + cuts[turn++ % cuts.length]!;
    socket.write(bytes.subarray(at, next));
    at = next;
    if (turn % 8 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  // An end, or in the middle of everything.
  if (bytes.length % 3 === 0) socket.destroy();
  else socket.end();
  await closed;
}

async function sideBySide(one: (sample: number) => Promise<boolean>): Promise<void> {
  let samples = 0;
  const work = async (): Promise<void> => {
    while (await one(samples++));
  };
  await Promise.all(Array.from({ length: 16 }, work));
}

async function settled(done: () => boolean): Promise<void> {
  for (let round = 0; round < 200 && !done(); round++) await new Promise((resolve) => setTimeout(resolve, 20));
}
