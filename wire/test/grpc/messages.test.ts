import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { compress, decompress } from "../../src/grpc/compression.ts";
import { IncomingMessages } from "../../src/grpc/incoming-messages.ts";
import { messagePrefix } from "../../src/grpc/message-prefix.ts";
import { MessageReader } from "../../src/grpc/message-reader.ts";
import { RpcCode } from "../../src/grpc/status.ts";
import type { RpcError } from "../../src/grpc/status.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const frame = (message: Uint8Array, compressed = false): Uint8Array =>
  Buffer.concat([messagePrefix(message.byteLength, compressed), message]);

/** The bytes in pieces, each in memory of its own or as a small part of a large one, as a socket gives them. */
function pieces(bytes: Uint8Array, sizes: readonly number[], large: boolean): Uint8Array[] {
  const result: Uint8Array[] = [];
  for (let start = 0, index = 0; start < bytes.byteLength; index++) {
    const end = Math.min(bytes.byteLength, start + (sizes[index % sizes.length] ?? 1));
    const memory = new Uint8Array(large ? 65_536 : end - start);
    memory.set(bytes.subarray(start, end), large ? 100 : 0);
    result.push(large ? memory.subarray(100, 100 + end - start) : memory);
    start = end;
  }
  return result;
}

test("messages come back however their bytes are cut and whenever they are asked for", () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 40 }),
      fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 10 }),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 10 }),
      fc.boolean(),
      (messages, sizes, reads, large) => {
        const reader = new MessageReader(1000);
        const read: Uint8Array[] = [];
        const drain = () => {
          for (let message = reader.read(); message !== undefined; message = reader.read()) read.push(message);
        };
        pieces(Buffer.concat(messages.map((each) => frame(each))), sizes, large).forEach((piece, index) => {
          reader.push(piece);
          if (reads[index % reads.length]) drain();
        });
        drain();
        expect(read.map((each) => [...each])).toEqual(messages.map((each) => [...each]));
        expect(reader.isEmpty).toBe(true);
      },
    ),
  );
});

test("a message within one chunk is a view of it", () => {
  const reader = new MessageReader(100);
  const chunk = frame(new Uint8Array([1, 2, 3]));
  reader.push(chunk);
  const message = reader.read()!;
  expect(message.buffer).toBe(chunk.buffer);
  expect([...message]).toEqual([1, 2, 3]);
});

test("a large message in small pieces costs time in proportion, and memory as it comes", () => {
  const reader = new MessageReader(2 ** 32);
  // Announces 4 GiB and sends little.
  reader.push(new Uint8Array([0, 255, 255, 255, 255]));
  expect(reader.read()).toBeUndefined();
  const before = process.memoryUsage().arrayBuffers;
  reader.push(new Uint8Array(1000));
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024);

  const big = new MessageReader(64 * 1024 * 1024);
  big.push(messagePrefix(48 * 1024 * 1024));
  const piece = new Uint8Array(4096).fill(7);
  const began = performance.now();
  let message: Uint8Array | undefined;
  for (let index = 0; index < 48 * 256; index++) {
    big.push(piece);
    message ??= big.read();
  }
  expect(message).toHaveLength(48 * 1024 * 1024);
  expect(performance.now() - began).toBeLessThan(5000);
});

test("tiny chunks that nobody reads do not keep alive what came with them", async () => {
  const reader = new MessageReader(1000);
  collect();
  const before = process.memoryUsage().arrayBuffers;
  for (let index = 0; index < 10_000; index++) reader.push(new Uint8Array(65_536).subarray(0, 6).fill(0));
  // Memory is given back by another thread, a moment after the collection.
  await expect
    .poll(() => {
      collect();
      return process.memoryUsage().arrayBuffers - before;
    })
    .toBeLessThan(1024 * 1024);
  expect(reader.receivedBytes).toBe(60_000);
});

test("a message above the limit is refused by its prefix", () => {
  const reader = new MessageReader(10);
  reader.push(messagePrefix(11));
  expect(() => reader.read()).toThrow(expect.objectContaining({ code: RpcCode.RESOURCE_EXHAUSTED }));
  const rubbish = new MessageReader(10);
  rubbish.push(new Uint8Array([2, 0, 0, 0, 0]));
  expect(() => rubbish.read()).toThrow(expect.objectContaining({ code: RpcCode.INTERNAL }));
});

interface Heard {
  consumed: number;
  abandoned: number;
  broken: RpcError[];
}

function incoming(maxReceiveBytes = 100_000): { messages: IncomingMessages; heard: Heard } {
  const heard: Heard = { consumed: 0, abandoned: 0, broken: [] };
  const messages = new IncomingMessages(maxReceiveBytes, {
    consume: (count) => (heard.consumed += count),
    abandoned: () => heard.abandoned++,
    broken: (error) => heard.broken.push(error),
  });
  return { messages, heard };
}

test("bytes go back to flow control when their message is taken", async () => {
  const { messages, heard } = incoming();
  messages.push(frame(new Uint8Array(10)));
  messages.push(frame(new Uint8Array(20)));
  expect(heard.consumed).toBe(0);
  await messages.next();
  expect(heard.consumed).toBe(15);
  await messages.next();
  expect(heard.consumed).toBe(40);
  // A message that is waited for may be larger than the window.
  const waiting = messages.next();
  messages.push(messagePrefix(50));
  messages.push(new Uint8Array(20));
  expect(heard.consumed).toBe(65);
  messages.push(new Uint8Array(30));
  expect((await waiting).value).toHaveLength(50);
  expect(heard.consumed).toBe(95);
  messages.end();
  expect(await messages.next()).toEqual({ done: true, value: undefined });
});

test("messages come before the error, which is told once; discarded ones do not", async () => {
  const kept = incoming().messages;
  kept.push(frame(new Uint8Array([1])));
  kept.fail(new Error("lost"));
  expect((await kept.next()).value).toHaveLength(1);
  await expect(kept.next()).rejects.toThrow("lost");
  expect((await kept.next()).done).toBe(true);

  const { messages, heard } = incoming();
  messages.push(frame(new Uint8Array([1])));
  messages.fail(new Error("cancelled"), true);
  expect(heard.consumed).toBe(6);
  await expect(messages.next()).rejects.toThrow("cancelled");
});

test("an end in the middle of a message is an error", async () => {
  const { messages, heard } = incoming();
  messages.push(new Uint8Array([0, 0, 0, 0, 5, 1]));
  messages.end();
  await expect(messages.next()).rejects.toMatchObject({ code: RpcCode.INTERNAL });
  expect(heard.broken).toHaveLength(1);
  expect(heard.consumed).toBe(6);
});

test("a reader that leaves its loop early says so, and what comes later is let go", async () => {
  const { messages, heard } = incoming();
  messages.push(frame(new Uint8Array([1])));
  for await (const _ of messages) break;
  expect(heard.abandoned).toBe(1);
  messages.push(new Uint8Array(100));
  expect(heard.consumed).toBe(106);
  messages.end();
  await messages.return();
  expect(heard.abandoned).toBe(1);
});

test("messages are read one at a time", async () => {
  const { messages } = incoming();
  const first = messages.next();
  await expect(messages.next()).rejects.toThrow("one at a time");
  messages.end();
  await first;
});

test("compressed messages, small and large, come in order", async () => {
  const { messages } = incoming(1_000_000);
  messages.encoding = "gzip";
  const large = new Uint8Array(500_000).map((_, index) => (index * index) % 251);
  const originals = [new Uint8Array([1, 2, 3]), large, new Uint8Array(), new Uint8Array(300_000)];
  const first = messages.next();
  for (const each of originals) messages.push(frame(await compress(each, "gzip"), true));
  messages.push(frame(new Uint8Array([9])));
  messages.end();
  const read = [(await first).value as Uint8Array];
  for await (const message of messages) read.push(message);
  expect(read.map((each) => each.byteLength)).toEqual([3, 500_000, 0, 300_000, 1]);
  expect(Buffer.compare(read[1]!, large)).toBe(0);
});

test("a compressed message never becomes larger than the limit", async () => {
  const bomb = gzipSync(new Uint8Array(64 * 1024 * 1024));
  for (const limit of [1, 10_000, 1_000_000]) {
    const before = process.memoryUsage().arrayBuffers;
    const attempt = (async () => decompress(bomb, "gzip", limit))();
    await expect(attempt).rejects.toMatchObject({ code: RpcCode.RESOURCE_EXHAUSTED });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);
  }
  const exact = gzipSync(new Uint8Array(10_000));
  expect(await decompress(exact, "gzip", 10_000)).toHaveLength(10_000);
  await expect((async () => decompress(exact, "gzip", 9999))()).rejects.toMatchObject({ code: 8 });
  await expect((async () => decompress(gzipSync(""), "gzip", 0))()).resolves.toHaveLength(0);
});

test("what cannot be decompressed is INTERNAL", async () => {
  for (const encoding of ["gzip", "deflate", "identity"] as const) {
    const attempt = (async () => decompress(new Uint8Array([1, 2, 3]), encoding, 100))();
    await expect(attempt).rejects.toMatchObject({ code: RpcCode.INTERNAL });
  }
});
