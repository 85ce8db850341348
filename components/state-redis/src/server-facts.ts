import { redisError, type RedisClient } from "@trilby/redis-client";

export interface ServerFacts {
  readonly hasJson: boolean;
  readonly hasSearch: boolean;
  /** Connected at this moment. */
  readonly replicas: number;
}

export async function learnServerFacts(client: RedisClient): Promise<ServerFacts> {
  const [hasJson, hasSearch, replicas] = await Promise.all([
    knows(client, "JSON.GET"),
    knows(client, "FT.SEARCH"),
    countReplicas(client),
  ]);
  return { hasJson, hasSearch, replicas };
}

/** A command that is there complains of its missing arguments. */
async function knows(client: RedisClient, command: string): Promise<boolean> {
  try {
    await client.call(command);
    return true;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "ReplyError") throw redisError(error);
    return !/^(ERR unknown command|NOPERM)/i.test(error.message);
  }
}

async function countReplicas(client: RedisClient): Promise<number> {
  const info = await client.info("replication").catch((error: unknown) => {
    throw redisError(error);
  });
  return Number(/^connected_slaves:(\d+)/m.exec(info)?.[1] ?? 0);
}
