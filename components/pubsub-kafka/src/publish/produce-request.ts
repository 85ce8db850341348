import type { Message } from "kafkajs";
import { crc32c } from "./crc32c.ts";

/** A message that `produceBody` can write; others may hold more kinds of values. */
export class OutgoingMessage implements Message {
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly headers: Record<string, string>;
  readonly partition?: number;

  constructor(key: string | null, value: Buffer | null, headers: Record<string, string>, partition?: number) {
    this.key = key;
    this.value = value;
    this.headers = headers;
    if (partition !== undefined) this.partition = partition;
  }
}

export interface ProduceTopic {
  readonly topic: string;
  readonly partitions: readonly { readonly partition: number; readonly messages: readonly OutgoingMessage[] }[];
}

/**
 * The body of a Produce request, version 3 to 8, of a producer without transactions and sequence numbers: the messages of each
 * partition are one batch of format 2, not compressed, of one timestamp. Written in one go into one buffer.
 */
export function produceBody(acks: number, timeoutMs: number, topics: readonly ProduceTopic[], nowMs: number): Buffer {
  const batches = topics.map(({ partitions }) => partitions.map(({ messages }) => measure(messages)));
  let bytes = 2 + 2 + 4 + 4;
  topics.forEach(({ topic }, index) => {
    bytes += 2 + Buffer.byteLength(topic) + 4;
    for (const { bytes: batchBytes } of batches[index]!) bytes += 4 + 4 + batchBytes;
  });
  const writer = new Writer(bytes);
  writer.int16(-1); // no transaction
  writer.int16(acks);
  writer.int32(timeoutMs);
  writer.int32(topics.length);
  topics.forEach(({ topic, partitions }, index) => {
    writer.int16(Buffer.byteLength(topic));
    writer.text(topic);
    writer.int32(partitions.length);
    partitions.forEach(({ partition, messages }, place) => {
      const batch = batches[index]![place]!;
      writer.int32(partition);
      writer.int32(batch.bytes);
      writeBatch(writer, messages, batch, nowMs);
    });
  });
  return writer.buffer;
}

interface Measured {
  /** Of the whole batch. */
  readonly bytes: number;
  /** Of each record behind its length. */
  readonly records: readonly number[];
}

/** Between the fields of a batch and its first record. */
const headBytes = 61;
const beforeLengthBytes = 12;
const beforeChecksumBytes = 17;

function measure(messages: readonly OutgoingMessage[]): Measured {
  let bytes = headBytes;
  const records = messages.map((message, index) => {
    const recordBytes = measureRecord(message, index);
    bytes += varintBytes(recordBytes) + recordBytes;
    return recordBytes;
  });
  return { bytes, records };
}

function measureRecord({ key, value, headers }: OutgoingMessage, index: number): number {
  // Attributes and the distance to the batch's timestamp are a byte each.
  let bytes = 2 + varintBytes(index);
  bytes += key === null ? 1 : sizedBytes(Buffer.byteLength(key));
  bytes += value === null ? 1 : sizedBytes(value.byteLength);
  let count = 0;
  for (const name in headers) {
    count++;
    bytes += sizedBytes(Buffer.byteLength(name)) + sizedBytes(Buffer.byteLength(headers[name]!));
  }
  return bytes + varintBytes(count);
}

function writeBatch(writer: Writer, messages: readonly OutgoingMessage[], batch: Measured, nowMs: number): void {
  const start = writer.offset;
  writer.int64(0); // the broker counts
  writer.int32(batch.bytes - beforeLengthBytes);
  writer.int32(0); // the leader's epoch, the broker's as well
  writer.int8(2);
  writer.int32(0); // the checksum, below
  writer.int16(0);
  writer.int32(messages.length - 1);
  writer.int64(nowMs);
  writer.int64(nowMs);
  writer.int64(-1); // no producer id
  writer.int16(0);
  writer.int32(0);
  writer.int32(messages.length);
  for (let index = 0; index < messages.length; index++) {
    writer.varint(batch.records[index]!);
    writeRecord(writer, messages[index]!, index);
  }
  const { buffer } = writer;
  const checksum = crc32c(buffer.subarray(start + beforeChecksumBytes + 4, writer.offset));
  buffer.writeUInt32BE(checksum, start + beforeChecksumBytes);
}

function writeRecord(writer: Writer, { key, value, headers }: OutgoingMessage, index: number): void {
  writer.int8(0);
  writer.varint(0);
  writer.varint(index);
  writer.sizedText(key);
  if (value === null) writer.varint(-1);
  else {
    writer.varint(value.byteLength);
    writer.bytes(value);
  }
  let count = 0;
  for (const _ in headers) count++;
  writer.varint(count);
  for (const name in headers) {
    writer.sizedText(name);
    writer.sizedText(headers[name]!);
  }
}

function sizedBytes(length: number): number {
  return varintBytes(length) + length;
}

/** Signed numbers go to and fro: 0, -1, 1, -2, ..., seven bits to a byte. */
function varintBytes(value: number): number {
  let rest = (value << 1) ^ (value >> 31);
  let bytes = 1;
  while ((rest >>>= 7) !== 0) bytes++;
  return bytes;
}

/** Writes into a buffer of exactly the size that was measured before. */
class Writer {
  readonly buffer: Buffer;
  offset = 0;

  constructor(bytes: number) {
    this.buffer = Buffer.allocUnsafe(bytes);
  }

  int8(value: number): void {
    this.offset = this.buffer.writeInt8(value, this.offset);
  }

  int16(value: number): void {
    this.offset = this.buffer.writeInt16BE(value, this.offset);
  }

  int32(value: number): void {
    this.offset = this.buffer.writeInt32BE(value, this.offset);
  }

  int64(value: number): void {
    this.int32(Math.floor(value / 2 ** 32));
    this.offset = this.buffer.writeUInt32BE(value >>> 0, this.offset);
  }

  varint(value: number): void {
    let rest = ((value << 1) ^ (value >> 31)) >>> 0;
    for (; rest > 127; rest >>>= 7) this.buffer[this.offset++] = (rest & 127) | 128;
    this.buffer[this.offset++] = rest;
  }

  text(value: string): void {
    this.offset += this.buffer.write(value, this.offset);
  }

  sizedText(value: string | null): void {
    if (value === null) return this.varint(-1);
    this.varint(Buffer.byteLength(value));
    this.text(value);
  }

  bytes(value: Uint8Array): void {
    this.buffer.set(value, this.offset);
    this.offset += value.byteLength;
  }
}
