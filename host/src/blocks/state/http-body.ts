import type { Concurrency, Consistency, Metadata, StateOptions } from "@trilby/kit";

import { JsonReader } from "../../api/json/reader.ts";
import { floatText } from "./go-text.ts";

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

export interface OperationBody {
  operation: string;
  request: ItemBody;
  /** What is wrong with the types inside the request; told only when the operation is reached. */
  problem: string | undefined;
}

export interface TransactionBody {
  readonly operations: readonly OperationBody[];
  readonly metadata: Record<string, string> | undefined;
}

export function readTransactionBody(body: Uint8Array): TransactionBody {
  const reader = new JsonReader(body, "stream");
  let operations: OperationBody[] = [];
  let metadata: Record<string, string> | undefined;
  reader.object({ type: "http.stateTransactionRequestBody" }, (name) => {
    switch (name.toLowerCase()) {
      case "operations":
        operations = [];
        return void reader.array(
          { field: "stateTransactionRequestBody.operations", type: "[]http.stateTransactionRequestBodyOperation" },
          () => {
            operations.push(readOperation(reader));
          },
        );
      case "metadata":
        metadata = reader.stringMap(
          { field: "stateTransactionRequestBody.metadata", type: "map[string]string" },
          metadata,
        );
        return;
      default:
        reader.skip();
    }
  });
  reader.finish();
  return { operations, metadata };
}

const noOptions: StateOptions = { concurrency: "", consistency: "" };
const nullValue = Buffer.from("null");

function emptyItem(): ItemBody {
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

function readOperation(reader: JsonReader): OperationBody {
  const operation: OperationBody = { operation: "", request: emptyItem(), problem: undefined };
  reader.object(
    { field: "stateTransactionRequestBody.operations", type: "http.stateTransactionRequestBodyOperation" },
    (name) => {
      switch (name.toLowerCase()) {
        case "operation":
          operation.operation =
            reader.string({ field: "stateTransactionRequestBodyOperation.operations.operation", type: "string" }) ??
            operation.operation;
          return;
        case "request":
          operation.request = emptyItem();
          operation.problem = undefined;
          return readOperationRequest(reader, operation);
        default:
          reader.skip();
      }
    },
  );
  return operation;
}

/** Dapr decodes these members a second way, which is as strict about types and words its complaints differently. */
function readOperationRequest(reader: JsonReader, operation: OperationBody): void {
  const problems: string[] = [];
  const { request } = operation;
  const expect = (label: string, wanted: "string" | "object"): boolean => {
    const kind = reader.kind();
    if (kind === wanted) return true;
    if (kind === "null") {
      reader.skip();
      return false;
    }
    const text = goFormat(JSON.parse(Buffer.from(reader.canonical(itemType)).toString()));
    problems.push(
      wanted === "string"
        ? `'${label}' expected type 'string', got unconvertible type '${goType[kind]}', value: '${text}'`
        : `'${label}' expected a map, got '${goKind[kind]}'`,
    );
    return false;
  };
  const text = (label: string): string | undefined => (expect(label, "string") ? reader.string(itemType) : undefined);

  if (!expect("", "object")) {
    operation.problem = problems[0];
    return;
  }
  reader.object(itemType, (name) => {
    switch (name.toLowerCase()) {
      case "key":
        request.key = text("Key") ?? request.key;
        return;
      case "value":
        request.value = reader.canonical({
          field: "stateTransactionRequestBodyOperation.operations.request",
          type: "float64",
        });
        return;
      case "etag":
        request.etag = text("ETag");
        return;
      case "contenttype":
        request.contentType = text("ContentType");
        return;
      case "metadata":
        if (!expect("Metadata", "object")) return;
        return void reader.object(metadataPlace, (key) => {
          const value = text(`Metadata[${key}]`);
          (request.metadata ??= Object.create(null) as Record<string, string>)[key] = value ?? "";
        });
      case "options":
        if (!expect("Options", "object")) return;
        return void reader.object(optionsPlace, (option) => {
          const lower = option.toLowerCase();
          if (lower === "concurrency")
            request.options = { ...request.options, concurrency: (text("Options.Concurrency") ?? "") as Concurrency };
          else if (lower === "consistency")
            request.options = { ...request.options, consistency: (text("Options.Consistency") ?? "") as Consistency };
          else reader.skip();
        });
      default:
        reader.skip();
    }
  });
  if (problems.length > 0)
    operation.problem = `${problems.length} error(s) decoding:\n\n${problems
      .sort()
      .map((problem) => `* ${problem}`)
      .join("\n")}`;
}

const goType = {
  object: "map[string]interface {}",
  array: "[]interface {}",
  string: "string",
  number: "float64",
  bool: "bool",
  null: "nil",
};
const goKind = { object: "map", array: "slice", string: "string", number: "float64", bool: "bool", null: "nil" };

/** A JSON value as Go prints it. */
function goFormat(value: unknown): string {
  if (value === null) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(goFormat).join(" ")}]`;
  if (typeof value === "object")
    return `map[${Object.entries(value)
      .map(([name, member]) => `${name}:${goFormat(member)}`)
      .join(" ")}]`;
  return typeof value === "number" ? floatText(String(value)) : `${value as string | boolean}`;
}

/** The URL's metadata wins over the item's. */
export function mergeMetadata(own: Record<string, string> | undefined, fromUrl: Metadata): Metadata {
  if (own === undefined) return fromUrl;
  for (const name in fromUrl) own[name] = fromUrl[name]!;
  return own;
}
