import type { Message } from "@trilby/kit";
import type { KafkaMessage } from "kafkajs";
import { metadataOfHeaders, type HeaderRules } from "../headers.ts";

/** The message of a received record. Headers may override what is said about the record, as in Dapr. */
export function receivedMessage(
  topic: string,
  partition: number,
  { key, value, offset, timestamp, headers }: KafkaMessage,
  rules: HeaderRules,
): Message {
  const metadata: Record<string, string> = {};
  if (key !== null) metadata["__key"] = rules.escape(key.toString());
  metadata["__offset"] = offset;
  metadata["__topic"] = topic;
  metadata["__timestamp"] = timestamp;
  metadata["__partition"] = String(partition);
  metadataOfHeaders(headers, rules, metadata);
  return { topic, data: value ?? tombstone, metadata };
}

/** What Dapr delivers for a record without a value. */
const tombstone = Buffer.from("null");
