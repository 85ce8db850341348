import { isReply, redisError, type RedisClient } from "@trilby/redis-client";
import type { Script } from "./scripts.ts";

/** The server knows a script by its digest; a new one (or one that was restarted) is sent the text. One round trip, as a rule. */
export async function runScript(
  client: RedisClient,
  { sha, text }: Script,
  keys: number,
  values: readonly (string | Buffer)[],
): Promise<unknown> {
  try {
    return await client.evalsha(sha, keys, ...values);
  } catch (error) {
    if (!isReply(error, "NOSCRIPT")) throw redisError(error);
  }
  return client.eval(text, keys, ...values).catch(rethrow);
}

/** The same, and then waits until `replicas` replicas have the write too, or a second has passed. */
export async function runScriptAndWait(
  client: RedisClient,
  replicas: number,
  { sha, text }: Script,
  keys: number,
  values: readonly (string | Buffer)[],
): Promise<unknown> {
  const first = await settle(
    client
      .pipeline()
      .evalsha(sha, keys, ...values)
      .wait(replicas, 1_000)
      .exec(),
  );
  if (!first.error) return first.answer;
  if (!isReply(first.error, "NOSCRIPT")) throw redisError(first.error);
  const second = await settle(
    client
      .pipeline()
      .eval(text, keys, ...values)
      .wait(replicas, 1_000)
      .exec(),
  );
  if (second.error) throw redisError(second.error);
  return second.answer;
}

interface Settled {
  readonly error: Error | null;
  readonly answer: unknown;
}

async function settle(results: Promise<[error: Error | null, answer: unknown][] | null>): Promise<Settled> {
  const [written, waited] = (await results.catch(rethrow)) ?? [];
  return { error: written?.[0] ?? waited?.[0] ?? null, answer: written?.[1] };
}

function rethrow(error: unknown): never {
  throw redisError(error);
}
