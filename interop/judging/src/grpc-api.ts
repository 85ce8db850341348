import { connect, RpcCode, RpcError } from "@trilby/kit/transport";
import { StateItem, StateOptions_StateConcurrency } from "@trilby/proto/common";
import {
  DaprDefinition,
  DeleteStateRequest,
  ExecuteStateTransactionRequest,
  type GetBulkSecretResponse,
  GetBulkSecretRequest,
  type GetBulkStateResponse,
  GetBulkStateRequest,
  type GetSecretResponse,
  GetSecretRequest,
  type GetStateResponse,
  GetStateRequest,
  type InvokeBindingResponse,
  InvokeBindingRequest,
  PublishEventRequest,
  SaveStateRequest,
} from "@trilby/proto/runtime";
import { Conflict, itemMetadata, type Api, type Found, type Item } from "./api.ts";

/** `address` is `host:port`. */
export async function grpcApi(address: string): Promise<Api> {
  const [host = "", port] = address.split(":");
  const channel = await connect({ host, port: Number(port) });
  type Method = keyof typeof DaprDefinition.methods;

  async function call<Response>(name: Method, request: object): Promise<Response> {
    const method = DaprDefinition.methods[name];
    const bytes = (method.requestType.encode as (message: object) => { finish(): Uint8Array })(request).finish();
    try {
      const answer = await channel.unary(`/${DaprDefinition.fullName}/${method.name}`, bytes, { timeoutMs: 20_000 });
      return method.responseType.decode(answer) as Response;
    } catch (error) {
      if (error instanceof RpcError && error.code === RpcCode.ABORTED) throw new Conflict(error.message);
      throw error;
    }
  }

  return {
    protocol: "gRPC",
    async save(storeName, items) {
      await call("saveState", SaveStateRequest.create({ storeName, states: items.map(wireItem) }));
    },
    async get(storeName, key) {
      const answer = await call<GetStateResponse>("getState", GetStateRequest.create({ storeName, key }));
      return found(answer.data, answer.etag, answer.metadata);
    },
    async bulkGet(storeName, keys) {
      const request = GetBulkStateRequest.create({ storeName, keys: [...keys], parallelism: 4 });
      const { items } = await call<GetBulkStateResponse>("getBulkState", request);
      return new Map(
        items.map(({ key, data, etag, error, metadata }) => {
          if (error) throw new Error(`${key}: ${error}`);
          return [key, found(data, etag, metadata)];
        }),
      );
    },
    async delete(storeName, key, etag) {
      const wireEtag = etag === undefined ? undefined : { value: etag };
      await call("deleteState", DeleteStateRequest.create({ storeName, key, etag: wireEtag }));
    },
    async transact(storeName, operations) {
      const wire = operations.map((operation) =>
        "upsert" in operation
          ? { operationType: "upsert", request: wireItem(operation.upsert) }
          : { operationType: "delete", request: StateItem.create({ key: operation.delete }) },
      );
      await call(
        "executeStateTransaction",
        ExecuteStateTransactionRequest.create({ storeName, operations: wire, metadata: {} }),
      );
    },
    async publish(pubsubName, topic, data) {
      const request = { pubsubName, topic, data: encode(data), dataContentType: "application/json" };
      await call("publishEvent", PublishEventRequest.create(request));
    },
    async invoke(name, operation, data, metadata = {}) {
      const request = InvokeBindingRequest.create({ name, operation, data: encode(data), metadata });
      return text(await call<InvokeBindingResponse>("invokeBinding", request).then((answer) => answer.data));
    },
    async secret(storeName, key) {
      return (await call<GetSecretResponse>("getSecret", GetSecretRequest.create({ storeName, key }))).data;
    },
    async secrets(storeName) {
      const { data } = await call<GetBulkSecretResponse>("getBulkSecret", GetBulkSecretRequest.create({ storeName }));
      return Object.fromEntries(Object.entries(data).map(([name, { secrets }]) => [name, secrets]));
    },
    close: () => channel.close(),
  };
}

function wireItem(item: Item): StateItem {
  const { key, value, etag, firstWrite } = item;
  return StateItem.create({
    key,
    value: encode(value),
    etag: etag === undefined ? undefined : { value: etag },
    metadata: itemMetadata(item),
    options: firstWrite
      ? { concurrency: StateOptions_StateConcurrency.CONCURRENCY_FIRST_WRITE, consistency: 0 }
      : undefined,
  });
}

function found(data: Uint8Array, etag: string, { ttlExpireTime }: Record<string, string>): Found | undefined {
  if (data.length === 0) return undefined;
  return {
    value: JSON.parse(text(data)),
    etag: etag === "" ? undefined : etag,
    expires: ttlExpireTime ? new Date(ttlExpireTime) : undefined,
  };
}

function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
