import { Conflict, itemMetadata, type Api, type Found, type Item } from "./api.ts";

/** `base` is `http://host:port`. */
export function httpApi(base: string): Api {
  async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(`${base}/v1.0${path}`, {
      method,
      headers: { ...headers, ...(body !== undefined && { "content-type": "application/json" }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    if (response.status === 409) throw new Conflict(text);
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return { text, headers: response.headers };
  }

  return {
    protocol: "HTTP",
    async save(store, items) {
      await call("POST", `/state/${store}`, items.map(wireItem));
    },
    async get(store, key) {
      const { text, headers } = await call("GET", `/state/${store}/${encodeURIComponent(key)}`);
      if (text === "") return undefined;
      return found(JSON.parse(text), headers.get("etag"), headers.get("metadata.ttlExpireTime"));
    },
    async bulkGet(store, keys) {
      const { text } = await call("POST", `/state/${store}/bulk`, { keys, parallelism: 4 });
      const items = JSON.parse(text) as { key: string; data?: unknown; etag?: string; error?: string }[];
      return new Map(
        items.map(({ key, data, etag, error }) => {
          if (error) throw new Error(`${key}: ${error}`);
          return [key, data === undefined || data === null ? undefined : found(data, etag)];
        }),
      );
    },
    async delete(store, key, etag) {
      const headers: Record<string, string> = etag === undefined ? {} : { "if-match": etag };
      await call("DELETE", `/state/${store}/${encodeURIComponent(key)}`, undefined, headers);
    },
    async transact(store, operations) {
      await call("POST", `/state/${store}/transaction`, {
        operations: operations.map((operation) =>
          "upsert" in operation
            ? { operation: "upsert", request: wireItem(operation.upsert) }
            : { operation: "delete", request: { key: operation.delete } },
        ),
      });
    },
    async publish(pubsub, topic, data) {
      await call("POST", `/publish/${pubsub}/${topic}`, data);
    },
    invoke: async (binding, operation, data, metadata = {}) =>
      (await call("POST", `/bindings/${binding}`, { operation, data, metadata })).text,
    secret: async (store, key) =>
      JSON.parse((await call("GET", `/secrets/${store}/${key}`)).text) as Record<string, string>,
    secrets: async (store) =>
      JSON.parse((await call("GET", `/secrets/${store}/bulk`)).text) as Record<string, Record<string, string>>,
    close() {},
  };
}

function wireItem(item: Item): object {
  const { key, value, etag, firstWrite } = item;
  return {
    key,
    value,
    ...(etag !== undefined && { etag }),
    ...(firstWrite && { options: { concurrency: "first-write" } }),
    metadata: itemMetadata(item),
  };
}

function found(value: unknown, etag?: string | null, expires?: string | null): Found {
  return { value, etag: etag ?? undefined, expires: expires ? new Date(expires) : undefined };
}
