import { once } from "node:events";
import http2 from "node:http2";
import { type AddressInfo, createServer, type Socket } from "node:net";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type HeaderField, PreparedHeaders } from "../../src/http2/header-list.ts";
import { HeaderDecoder, HeaderEncoder } from "../../src/http2/hpack/index.ts";
import { Flag, frame, preface, settings, settingsAck, splitFrames, Type } from "../raw/frames.ts";

// The peer is nghttp2, by node:http2: it decodes what we encode, and we decode what it encodes, on one connection for many requests.
test.each([
  { tableBytes: 4_096, blocks: 400 },
  { tableBytes: 0, blocks: 100 },
  { tableBytes: 200, blocks: 200 },
  { tableBytes: 16_384, blocks: 400 },
])("with a table of $tableBytes bytes both ends understand each other", async ({ tableBytes, blocks }) => {
  const requests = fc.sample(fields, { seed: tableBytes, numRuns: blocks });
  const responses = fc.sample(fields, { seed: tableBytes + 1, numRuns: blocks });
  const peer = await answering(tableBytes, responses);
  const session = http2.connect(`http://127.0.0.1:${peer.port}`, { settings: { headerTableSize: tableBytes } });
  try {
    for (const [index, sent] of requests.entries()) {
      const stream = session.request(Object.fromEntries([[":path", `/${index % 7}`], ...sent]), { endStream: true });
      const [received] = (await once(stream, "response")) as [Record<string, string>];
      stream.resume();
      await once(stream, "close");
      expect(peer.requests[index]!.filter(([name]) => !name.startsWith(":"))).toEqual(sent);
      expect({ ...received }).toMatchObject(Object.fromEntries(responses[index]!));
      expect(received[":status"]).toBe(200);
    }
  } finally {
    session.destroy();
    peer.close();
  }
});

/** Names that node:http2 passes on one to one, each once. */
const fields = fc.uniqueArray(
  fc.tuple(
    fc.oneof(
      fc.constantFrom("content-type", "grpc-timeout", "x-custom-one", "authorization", "x-data-bin", "user-agent"),
      fc.integer({ min: 0, max: 60 }).map((index) => `x-${index}`),
    ),
    fc.oneof(
      fc.constantFrom("application/grpc", "1S", "trailers", "a value"),
      fc.string({ unit: fc.constantFrom(..."abcXYZ019-_/=.:;%~".split("")), minLength: 1, maxLength: 80 }),
      fc.string({ unit: fc.constantFrom("a", "\u00e9", "\u00ff"), minLength: 1, maxLength: 20 }),
    ),
  ),
  { maxLength: 12, selector: ([name]) => name },
);

/** A server of nothing but header blocks. Every second answer is of prepared headers, which come again. */
async function answering(
  tableBytes: number,
  answers: readonly (readonly HeaderField[])[],
): Promise<{ port: number; requests: (readonly HeaderField[])[]; close(): void }> {
  const requests: (readonly HeaderField[])[] = [];
  const decoder = new HeaderDecoder({ maxTableBytes: tableBytes });
  const encoder = new HeaderEncoder();
  const prepared = [0, 1, 2].map((index) => new PreparedHeaders([[":status", "200"], ...answers[index]!]));
  const answer = (index: number): Uint8Array => {
    const own = [[":status", "200"], ...answers[index]!] as HeaderField[];
    if (index % 2 === 0) return encoder.encode(own);
    const headers = prepared[index % prepared.length]!;
    // What is compared is what was sent.
    (answers as (readonly HeaderField[])[])[index] = headers.fields.slice(1);
    return encoder.encode(headers);
  };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let bytes: Buffer = Buffer.alloc(0);
    let greeted = false;
    let block: Buffer[] = [];
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (!greeted && bytes.length >= preface.length) {
        greeted = true;
        bytes = bytes.subarray(preface.length);
        socket.write(settings([1, tableBytes]));
      }
      if (!greeted) return;
      const { frames, rest } = splitFrames(bytes);
      bytes = rest;
      for (const { type, flags, stream, payload } of frames) {
        if (type === Type.SETTINGS) {
          if ((flags & Flag.ACK) !== 0) decoder.settingsAcknowledged();
          else {
            for (let at = 0; at < payload.length; at += 6)
              if (payload.readUInt16BE(at) === 1) encoder.setMaxTableBytes(payload.readUInt32BE(at + 2));
            socket.write(settingsAck);
          }
        }
        if (type !== Type.HEADERS && type !== Type.CONTINUATION) continue;
        block.push((flags & Flag.PRIORITY) !== 0 && type === Type.HEADERS ? payload.subarray(5) : payload);
        if ((flags & Flag.END_HEADERS) === 0) continue;
        requests.push(decoder.decode(Buffer.concat(block)).fields);
        block = [];
        const headers = answer(requests.length - 1);
        socket.write(frame(Type.HEADERS, Flag.END_HEADERS | Flag.END_STREAM, stream, headers));
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
