import type { Concurrency, Consistency, Metadata, StateOptions } from "@trilby/kit";

import { JsonReader } from "../../api/json/reader.ts";

/** One item of a save, or the request of one transaction operation, as its JSON says. */
export interface ItemBody {
  key: string;
  /** Canonical JSON; `null` when there is none. */
  value: Uint8Array;
  etag: string | undefined;
  metadata: Record<string, string> | undefined;
  options: StateOptions;
  contentType: string | undefined;
}

/** Throws `JsonError` in Dapr's words. */
export function readSaveBody(body: Uint8Array): ItemBody[] {
  const reader = new JsonReader(body, "stream");
  const items: ItemBody[] = [];
  reader.array(saveType, () => {
    const item = emptyItem();
    items.push(item);
    reader.object(itemType, (name) => readItemMember(reader, item, name));
  });
  reader.finish();
  return items;
}

export interface BulkGetBody {
  readonly keys: readonly string[];
  readonly parallelism: number;
  readonly metadata: Record<string, string> | undefined;
}

export function readBulkGetBody(body: Uint8Array): BulkGetBody {
  const reader = new JsonReader(body, "stream");
  let keys: string[] = [];
  let parallelism = 0;
  let metadata: Record<string, string> | undefined;
  reader.object({ type: "http.BulkGetRequest" }, (name) => {
    switch (name.toLowerCase()) {
      case "keys":
        keys = [];
        return void reader.array({ field: "BulkGetRequest.keys", type: "[]string" }, () => {
          keys.push(reader.string({ field: "BulkGetRequest.keys", type: "string" }) ?? "");
        });
      case "parallelism":
        parallelism = reader.integer({ field: "BulkGetRequest.parallelism", type: "int" }) ?? parallelism;
        return;
      case "metadata":
        metadata = reader.stringMap({ field: "BulkGetRequest.metadata", type: "map[string]string" }, metadata);
        return;
      default:
        reader.skip();
    }
  });
  reader.finish();
  return { keys, parallelism, metadata };
}

const noOptions: StateOptions = { concurrency: "", consistency: "" };
const nullValue = Buffer.from("null");

/** What an item is that says nothing. */
export function emptyItem(): ItemBody {
  return {
    key: "",
    value: nullValue,
    etag: undefined,
    metadata: undefined,
    options: noOptions,
    contentType: undefined,
  };
}

// Places are made once: a body may hold thousands of items.
const saveType = { type: "[]state.SetRequest" };
const itemType = { type: "state.SetRequest" };
const keyPlace = { field: "SetRequest.key", type: "string" };
const valuePlace = { field: "SetRequest.value", type: "float64" };
const etagPlace = { field: "SetRequest.etag", type: "string" };
const contentTypePlace = { field: "SetRequest.contentType", type: "string" };
const metadataPlace = { field: "SetRequest.metadata", type: "map[string]string" };
const optionsPlace = { field: "SetRequest.options", type: "state.SetStateOption" };
const concurrencyPlace = { field: "SetStateOption.options.Concurrency", type: "string" };
const consistencyPlace = { field: "SetStateOption.options.Consistency", type: "string" };

function readItemMember(reader: JsonReader, item: ItemBody, name: string): void {
  switch (knownName(name)) {
    case "key":
      item.key = reader.string(keyPlace) ?? item.key;
      return;
    case "value":
      item.value = reader.canonical(valuePlace);
      return;
    case "etag":
      item.etag = reader.string(etagPlace);
      return;
    case "contenttype":
      item.contentType = reader.string(contentTypePlace);
      return;
    case "metadata":
      item.metadata = reader.stringMap(metadataPlace, item.metadata);
      return;
    case "options":
      return void reader.object(optionsPlace, (option) => {
        switch (option.toLowerCase()) {
          case "concurrency":
            item.options = {
              ...item.options,
              concurrency: (reader.string(concurrencyPlace) ?? item.options.concurrency) as Concurrency,
            };
            return;
          case "consistency":
            item.options = {
              ...item.options,
              consistency: (reader.string(consistencyPlace) ?? item.options.consistency) as Consistency,
            };
            return;
          default:
            reader.skip();
        }
      });
    default:
      reader.skip();
  }
}

function knownName(name: string): string {
  return name === "key" || name === "value" || name === "etag" ? name : name.toLowerCase();
}

/** The URL's metadata wins over the item's. */
export function mergeMetadata(own: Record<string, string> | undefined, fromUrl: Metadata): Metadata {
  if (own === undefined) return fromUrl;
  for (const name in fromUrl) own[name] = fromUrl[name]!;
  return own;
}
