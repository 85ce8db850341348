import { ComponentError, type GetResult } from "@trilby/kit";
import { isReply, redisError, type RedisClient } from "@trilby/redis-client";
import * as scripts from "./scripts.ts";

/** How an item may be kept. Reading tries the likeliest first and goes on when the key is of another type. */
type Layout = "hash" | "string" | "document";

export function createReader(client: RedisClient, hasJson: boolean) {
  const usual: readonly Layout[] = hasJson ? ["hash", "string", "document"] : ["hash", "string"];
  const json: readonly Layout[] = hasJson ? ["document", "hash", "string"] : usual;

  /** One round trip for an item of the layout that is asked for. */
  return async function read(key: string, asJson: boolean): Promise<GetResult | undefined> {
    const layouts = asJson ? json : usual;
    for (const layout of layouts) {
      try {
        return await readers[layout](client, key);
      } catch (error) {
        if (!isOtherType(error) || layout === layouts.at(-1)) throw redisError(error);
      }
    }
    return undefined;
  };
}

const readers = {
  async hash(client: RedisClient, key: string): Promise<GetResult | undefined> {
    const fields = (await client.callBuffer("HGETALL", key)) as Buffer[];
    return fields.length === 0 ? undefined : fromHash(key, fields);
  },

  /** As very old versions of Dapr kept items: without etag. */
  async string(client: RedisClient, key: string): Promise<GetResult | undefined> {
    const data = await client.getBuffer(key);
    return data === null ? undefined : { data };
  },

  async document(client: RedisClient, key: string): Promise<GetResult | undefined> {
    const found = (await evalReadOnly(client, key)) as [data: Buffer, version: Buffer | null] | null;
    if (found === null) return undefined;
    const [data, version] = found;
    return version === null ? { data } : { data, etag: version.toString("latin1") };
  },
} satisfies Record<Layout, (client: RedisClient, key: string) => Promise<GetResult | undefined>>;

const dataField = Buffer.from("data");
const versionField = Buffer.from("version");

function fromHash(key: string, fields: readonly Buffer[]): GetResult {
  let data: Buffer | undefined;
  let version: Buffer | undefined;
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const name = fields[index]!;
    if (name.equals(dataField)) data = fields[index + 1];
    else if (name.equals(versionField)) version = fields[index + 1];
  }
  if (data !== undefined && version !== undefined) return { data, etag: version.toString("latin1") };
  const missing = data === undefined ? "data" : "version";
  throw new ComponentError(
    "failed-precondition",
    `The hash ${key} has no field ${missing}: it is not an item of a state store`,
  );
}

async function evalReadOnly(client: RedisClient, key: string): Promise<unknown> {
  const { sha, text } = scripts.getDocument;
  try {
    return await client.callBuffer("EVALSHA", sha, 1, key);
  } catch (error) {
    if (!isReply(error, "NOSCRIPT")) throw error;
  }
  return client.callBuffer("EVAL", text, 1, key);
}

function isOtherType(error: unknown): boolean {
  return isReply(error, "WRONGTYPE") || (error instanceof Error && error.message.includes("wrong Redis type"));
}
