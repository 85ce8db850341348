import { createRequire } from "node:module";
import { expect, it, onTestFinished, vi } from "vitest";
import { crc32c } from "../src/publish/crc32c.ts";
import { OutgoingMessage, produceBody, type ProduceTopic } from "../src/publish/produce-request.ts";

// As nobody opens a component here, the library's own way to write a request is still in its place.
const load = createRequire(import.meta.url);
const libraryRequest = load("kafkajs/src/protocol/requests/produce/v3/request.js") as (request: object) => {
  encode(): Promise<{ readonly buffer: Buffer }>;
};

const bytes = (length: number): Buffer => Buffer.from(Uint8Array.from({ length }, (_, index) => index * 31 + length));
const plain = (value: Buffer | null): OutgoingMessage => new OutgoingMessage(null, value, {});

const cases: Record<string, readonly ProduceTopic[]> = {
  "one message": [{ topic: "orders", partitions: [{ partition: 0, messages: [plain(bytes(1_200))] }] }],
  "no value, an empty one, no key, an empty one": [
    {
      topic: "orders",
      partitions: [
        {
          partition: 7,
          messages: [
            plain(null),
            plain(Buffer.alloc(0)),
            new OutgoingMessage("", null, {}),
            new OutgoingMessage("k", Buffer.alloc(1), {}),
          ],
        },
      ],
    },
  ],
  "headers, also such that are not ASCII": [
    {
      topic: "orders",
      partitions: [
        {
          partition: 1,
          messages: [
            new OutgoingMessage("schlüssel", bytes(3), { ünï: "çödé", empty: "", "": "nameless" }),
            new OutgoingMessage(
              "k",
              bytes(64),
              Object.fromEntries(Array.from({ length: 80 }, (_, n) => [`h${n}`, "v"])),
            ),
          ],
        },
      ],
    },
  ],
  "lengths around those where one byte more is needed": [
    {
      topic: "t".repeat(249),
      partitions: [
        {
          partition: 2,
          messages: [0, 1, 57, 58, 62, 63, 64, 65, 8_185, 8_191, 8_192, 70_000, 1_048_560, 1_048_576].map((length) =>
            plain(bytes(length)),
          ),
        },
      ],
    },
  ],
  "many messages, partitions and topics": ["a", "b"].map((topic) => ({
    topic,
    partitions: [0, 1, 900].map((partition) => ({
      partition,
      messages: Array.from({ length: 300 }, (_, n) => new OutgoingMessage(`${n}`, bytes(n), { n: `${n}` })),
    })),
  })),
};

it.each(Object.entries(cases))("writes what the library would: %s", async (_, topicData) => {
  const nowMs = 1_790_000_000_123;
  vi.useFakeTimers({ now: nowMs, toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  for (const acks of [-1, 0, 1]) {
    const theirs = await libraryRequest({
      acks,
      timeout: 10_000,
      producerId: -1,
      producerEpoch: 0,
      topicData,
    }).encode();
    const ours = produceBody(acks, 10_000, topicData, nowMs);
    expect(ours.equals(theirs.buffer)).toBe(true);
  }
});

it("has the checksum that others have", () => {
  expect(crc32c(new Uint8Array())).toBe(0);
  expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
  const theirs = load("kafkajs/src/protocol/recordBatch/crc32C/index.js") as (bytes: Buffer) => number;
  const all = bytes(200);
  for (let from = 0; from < 20; from++)
    for (let to = from; to < all.length; to++) {
      const some = all.subarray(from, to);
      if (crc32c(some) !== theirs(some)) expect.fail(`differs for ${from} to ${to}`);
    }
});
