import { ComponentError, integerFrom, type Metadata } from "@trilby/kit";
import type { HeaderRules } from "../headers.ts";
import { OutgoingMessage } from "./produce-request.ts";

/** A record ready to be sent, and its size on the wire at most. */
export interface OutgoingRecord {
  readonly message: OutgoingMessage;
  readonly bytes: number;
}

/** The record of one published message: key, partition and headers from its metadata, `null` as a tombstone. */
export function outgoingRecord(
  data: Uint8Array,
  metadata: Metadata,
  rules: HeaderRules,
  maxMessageBytes: number,
): OutgoingRecord {
  const value = isNull(data) ? null : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  // Present both, the one that Dapr documents counts.
  const key = metadata["partitionKey"] ?? metadata["__key"];
  const partition = partitionOf(metadata["partitionNumber"]);
  const headers: Record<string, string> = {};
  let bytes = overheadBytes + (value?.byteLength ?? 0) + (key === undefined ? 0 : Buffer.byteLength(key));
  for (const name in metadata) {
    if (rules.excludes(name)) continue;
    const text = metadata[name]!;
    headers[name] = text;
    bytes += headerOverheadBytes + Buffer.byteLength(name) + Buffer.byteLength(text);
  }
  if (bytes > maxMessageBytes) {
    const problem = `the message has ${bytes} bytes with its key and headers, and maxMessageBytes is ${maxMessageBytes}`;
    throw new ComponentError("resource-exhausted", problem);
  }
  refuseAvro(metadata);
  return { message: new OutgoingMessage(key ?? null, value, headers, partition), bytes };
}

/** `valueSchemaType` of a publish or subscribe request. */
export function refuseAvro(metadata: Metadata): void {
  for (const name in metadata) {
    if (name.length !== schemaTypeName.length || name.toLowerCase() !== schemaTypeName) continue;
    const type = metadata[name]!.toLowerCase();
    if (type === "avro") throw new ComponentError("unimplemented", "valueSchemaType Avro is not supported yet");
    if (type !== "none") throw new ComponentError("invalid-argument", `valueSchemaType ${type} is not known`);
  }
}

/** What the broker takes as a topic's name; others would only be refused later, and less clearly. */
export function checkTopic(topic: string): void {
  if (/^[a-zA-Z0-9._-]{1,249}$/.test(topic) && topic !== "." && topic !== "..") return;
  const shown = topic.length > 60 ? `${topic.slice(0, 60)}...` : topic;
  const rule = "1 to 249 of a-z, A-Z, 0-9, dot, underscore and hyphen";
  throw new ComponentError("invalid-argument", `${JSON.stringify(shown)} cannot be a Kafka topic: it takes ${rule}`);
}

const schemaTypeName = "valueschematype";
/** What a record may cost over its contents, and a header over its name and value. */
const overheadBytes = 36;
const headerOverheadBytes = 10;

function isNull(data: Uint8Array): boolean {
  return data.length === 4 && data[0] === 0x6e && data[1] === 0x75 && data[2] === 0x6c && data[3] === 0x6c;
}

function partitionOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const partition = integerFrom(text);
  if (partition !== undefined && partition >= 0 && partition <= 2_147_483_647) return partition;
  throw new ComponentError("invalid-argument", `partitionNumber must be 0 or more, but is ${JSON.stringify(text)}`);
}
