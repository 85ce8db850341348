import type {
  Concurrency,
  Consistency,
  DeleteRequest,
  GetRequest,
  SetRequest,
  StateOptions,
  TransactionOperation,
} from "@trilby/kit";
import { RpcCode, RpcError } from "@trilby/kit/transport";
import type { StateItem, StateOptions as StateOptionsMessage } from "@trilby/proto/common";
import { DaprDefinition } from "@trilby/proto/runtime";

import type { GrpcMethod } from "../../api/grpc/method.ts";
import { unaryMethod } from "../../api/grpc/unary-method.ts";
import { JsonReader } from "../../api/json/reader.ts";
import type { ApiName } from "../../api/name.ts";
import * as errors from "./errors.ts";
import { illegalKey, separator } from "./key-prefix.ts";
import type { OpenStore } from "./open-store.ts";
import { readQuery } from "./query.ts";
import * as state from "./state.ts";
import type { StateStores } from "./stores.ts";

const v1: ApiName = { group: "state", version: "v1" };
const alpha1: ApiName = { group: "state", version: "v1alpha1" };

/** The state rpcs of the gRPC API. */
export function stateMethods(stores: StateStores): GrpcMethod[] {
  return [
    unaryMethod(DaprDefinition, "getState", v1, async (message, call) => {
      const store = stores.find(message.storeName);
      const request: GetRequest = {
        key: storedKey(store, message.key),
        consistency: consistencies[message.consistency] ?? "",
        metadata: message.metadata,
      };
      const result = await state.get(store, request, call).catch((error: unknown) => {
        throw errors.getFailed("grpc", store.name, message.key, error);
      });
      return { data: bytes(result?.data), etag: result?.etag ?? "", metadata: result?.metadata ?? {} };
    }),

    unaryMethod(DaprDefinition, "getBulkState", v1, async (message, call) => {
      const store = stores.find(message.storeName);
      const requests = message.keys.map((key) => ({
        key: storedKey(store, key),
        consistency: "" as const,
        metadata: message.metadata,
      }));
      const items = await state.bulkGet(store, requests, message.parallelism, call).catch((error: unknown) => {
        throw errors.bulkGetFailed("grpc", error);
      });
      return {
        items: items.map(({ key, data, etag, error, metadata }) => ({
          key,
          data: bytes(data),
          etag: etag ?? "",
          error: error ?? "",
          metadata: metadata ?? {},
        })),
      };
    }),

    unaryMethod(DaprDefinition, "saveState", v1, async (message, call) => {
      const store = stores.find(message.storeName);
      const requests = message.states.map((item) => {
        if (item.key === "") throw errors.emptyKey();
        return setRequest(store, item, true);
      });
      if (requests.length > 0) {
        await state.save(store, requests, call).catch((error: unknown) => {
          throw errors.saveFailed("grpc", store.name, error);
        });
      }
      return {};
    }),

    unaryMethod(DaprDefinition, "deleteState", v1, async (message, call) => {
      const store = stores.find(message.storeName);
      await state.remove(store, deleteRequest(store, message), call).catch((error: unknown) => {
        throw errors.deleteFailed("grpc", message.key, error);
      });
      return {};
    }),

    unaryMethod(DaprDefinition, "deleteBulkState", v1, async (message, call) => {
      const store = stores.find(message.storeName);
      const requests = message.states.map((item) => deleteRequest(store, item));
      if (requests.length > 0) {
        await state.bulkRemove(store, requests, call).catch((error: unknown) => {
          throw errors.bulkDeleteFailed(store.name, error);
        });
      }
      return {};
    }),

    unaryMethod(DaprDefinition, "executeStateTransaction", v1, async (message, call) => {
      const store = stores.find(message.storeName);
      if (!store.isTransactional) throw errors.transactionsNotSupported(store.name);
      const operations = message.operations.map(({ operationType, request }): TransactionOperation => {
        const item = request ?? emptyItem;
        // The key is looked at before the operation, as in Dapr.
        if (operationType === "upsert") return { kind: "set", request: setRequest(store, item, false) };
        const remove = deleteRequest(store, item);
        if (operationType !== "delete") throw errors.unknownOperation("grpc", operationType);
        return { kind: "delete", request: remove };
      });
      if (operations.length > 0) await state.transact(store, operations, message.metadata, call, "grpc");
      return {};
    }),

    unaryMethod(DaprDefinition, "queryStateAlpha1", alpha1, async (message, call) => {
      const store = stores.find(message.storeName);
      const result = await state.query(store, () => readQuery(Buffer.from(message.query)), message.metadata, call);
      if (result.items.length === 0) return { results: [], token: "", metadata: {} };
      return {
        results: result.items.map(({ key, data, etag, error }) => ({
          key,
          data: bytes(data),
          etag: etag ?? "",
          error: error ?? "",
        })),
        token: result.token ?? "",
        metadata: result.metadata ?? {},
      };
    }),
  ];
}

const consistencies: readonly Consistency[] = ["", "eventual", "strong"];
const concurrencies: readonly Concurrency[] = ["", "first-write", "last-write"];
const noOptions: StateOptions = { concurrency: "", consistency: "" };
const nothing = new Uint8Array(0);
const emptyItem: StateItem = { key: "", value: nothing, etag: undefined, metadata: {}, options: undefined };

function storedKey(store: OpenStore, key: string): string {
  if (key.includes(separator)) throw errors.invalidKey("grpc", store.name, key, illegalKey(key));
  return store.prefix + key;
}

/** `decodes`: a value that its metadata calls JSON is stored in the canonical form; all others stay as they are. */
function setRequest(store: OpenStore, item: StateItem, decodes: boolean): SetRequest {
  const key = storedKey(store, item.key);
  const plain = decodes && item.metadata["contentType"] === "application/json" ? canonical(item.value) : item.value;
  return {
    key,
    value: store.encryption === undefined ? plain : store.encryption.encrypt(item.value),
    etag: item.etag?.value || undefined,
    options: options(item.options),
    metadata: item.metadata,
  };
}

function deleteRequest(
  store: OpenStore,
  item: Pick<StateItem, "key" | "etag" | "options" | "metadata">,
): DeleteRequest {
  return {
    key: storedKey(store, item.key),
    etag: item.etag?.value || undefined,
    options: options(item.options),
    metadata: item.metadata,
  };
}

function options(message: StateOptionsMessage | undefined): StateOptions {
  if (message === undefined) return noOptions;
  return {
    concurrency: concurrencies[message.concurrency] ?? "",
    consistency: consistencies[message.consistency] ?? "",
  };
}

/** Dapr hands the decoder's error out as it is, without a code. */
function canonical(value: Uint8Array): Uint8Array {
  try {
    const reader = new JsonReader(value, "text");
    const json = reader.canonical({ type: "float64" });
    reader.finish();
    return json;
  } catch (error) {
    throw new RpcError(RpcCode.UNKNOWN, (error as Error).message);
  }
}

function bytes(data: Uint8Array | undefined): Uint8Array<ArrayBuffer> {
  return (data ?? nothing) as Uint8Array<ArrayBuffer>;
}
