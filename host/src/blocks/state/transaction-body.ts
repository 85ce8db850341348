import type { Concurrency, Consistency } from "@trilby/kit";

import { JsonReader } from "../../api/json/reader.ts";
import { floatText } from "./go-text.ts";
import { emptyItem, type ItemBody } from "./http-body.ts";

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

/** Types were looked at before. */
const anyPlace = { type: "" };

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
    const text = goFormat(JSON.parse(Buffer.from(reader.canonical(anyPlace)).toString()));
    problems.push(
      wanted === "string"
        ? `'${label}' expected type 'string', got unconvertible type '${goType[kind]}', value: '${text}'`
        : `'${label}' expected a map, got '${goKind[kind]}'`,
    );
    return false;
  };
  const text = (label: string): string | undefined => (expect(label, "string") ? reader.string(anyPlace) : undefined);

  if (!expect("", "object")) {
    operation.problem = problems[0];
    return;
  }
  reader.object(anyPlace, (name) => {
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
        return void reader.object(anyPlace, (key) => {
          const value = text(`Metadata[${key}]`);
          (request.metadata ??= Object.create(null) as Record<string, string>)[key] = value ?? "";
        });
      case "options":
        if (!expect("Options", "object")) return;
        return void reader.object(anyPlace, (option) => {
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
