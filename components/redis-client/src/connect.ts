import { ComponentError, type OpenContext } from "@trilby/kit";
import type { Cluster, Redis } from "ioredis";
import { readAddresses } from "./addresses.ts";
import { answerTimeout, clientOptions, retryDelayMs } from "./client-options.ts";
import type { RedisOptions } from "./fields.ts";
import { gatherWrites } from "./gather-writes.ts";
import { hangUpOnSilence } from "./hang-up-on-silence.ts";
import type { RedisClient } from "./redis-client.ts";
import { redisError } from "./redis-errors.ts";
import { timeOutCommands } from "./time-out-commands.ts";

export async function connectRedis(
  options: RedisOptions,
  { logger, signal }: Pick<OpenContext, "logger" | "signal">,
): Promise<RedisClient> {
  signal.throwIfAborted();
  if (options.redisType === "cluster" && options.redisDB !== 0) {
    logger.warn(`redisDB ${options.redisDB} has no effect: a cluster has but the database 0`);
  }
  const client = await createClient(options);
  const lastError = watch(client, logger);
  keepAlive(client);
  gatherWrites(client);
  const timeoutMs = answerTimeout(options);
  if (timeoutMs !== undefined) limitWaiting(client, timeoutMs);
  const giveUp = () => hangUp(client);
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    await client.ping();
    // The library goes on with database 0 when the server refuses the one that was asked for.
    if (client.options.db) await client.select(client.options.db);
    return client;
  } catch (error) {
    hangUp(client);
    throw unreachable(options, lastError() ?? error);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

/** Waits for answers under way, then hangs up. */
export async function closeRedis(connection: RedisClient): Promise<void> {
  const client = connection as Redis;
  // A server that is not there is not waited for.
  if (client.status === "ready") await client.quit().catch(() => {});
  hangUp(client);
}

/** A second connection of the same kind; its errors are left to the first one to report. */
export function duplicateRedis(client: RedisClient): RedisClient {
  const twin = (client as Redis).duplicate();
  twin.on("error", () => {});
  keepAlive(twin);
  gatherWrites(twin);
  const timeoutMs = timeouts.get(client);
  if (timeoutMs !== undefined) limitWaiting(twin, timeoutMs);
  return twin;
}

/** For answers, of the clients that have a limit. */
const timeouts = new WeakMap<RedisClient, number>();

function limitWaiting(client: Redis, timeoutMs: number): void {
  timeouts.set(client, timeoutMs);
  timeOutCommands(client, timeoutMs);
  hangUpOnSilence(client, timeoutMs);
}

/** The hash slot of a key: on a cluster, what a script touches must be of one. */
export async function clusterSlots(): Promise<(key: string) => number> {
  const { Command } = await import("ioredis");
  return (key) => new Command("get", [key]).getSlot() ?? 0;
}

const hungUp = new WeakSet<Redis>();

function hangUp(client: Redis): void {
  hungUp.add(client);
  client.disconnect();
  // Between two attempts to connect, the library forgets the commands that wait.
  if (client.status === "reconnecting") flush(client, "The connection was closed");
}

/** The library gives a connection up for good in a few cases of bad luck, for example while it asks a sentinel. */
function keepAlive(client: Redis): void {
  client.on("end", () => {
    if (hungUp.has(client)) return;
    setTimeout(() => {
      if (!hungUp.has(client)) client.connect().catch(() => {});
    }, reviveAfterMs).unref();
  });
}

const reviveAfterMs = 500;

/** A cluster's client is typed as one of one node: it has the same commands. */
async function createClient(options: RedisOptions): Promise<Redis> {
  const { Cluster, Redis } = await import("ioredis");
  const addresses = readAddresses(options.redisHost, options.redisPort);
  if (options.redisType === "node") {
    return new Redis({ ...(!options.failover && addresses[0]), ...clientOptions(options) });
  }
  const { lazyConnect, retryStrategy: _, maxRetriesPerRequest: retries, ...redisOptions } = clientOptions(options);
  const cluster: Cluster = new Cluster(addresses, {
    lazyConnect: lazyConnect!,
    redisOptions,
    slotsRefreshTimeout: options.dialTimeout > 0 ? options.dialTimeout : 5_000,
    clusterRetryStrategy(this: Cluster, attempt: number) {
      // The library keeps commands for ever while no node answers; a single node's client has an option for this.
      if (attempt % (retries! + 1) === 0) flush(this, "No node of the cluster answers");
      return retryDelayMs(options, attempt);
    },
  });
  return cluster as unknown as Redis;
}

/** Rejects the commands that wait for a connection. */
function flush(client: Redis | Cluster, reason: string): void {
  (client as unknown as { flushQueue(error: Error): void }).flushQueue(new Error(reason));
}

/** Logs the beginning and the end of each outage, not every attempt. Returns the latest error of the connection. */
function watch(client: Redis, logger: OpenContext["logger"]): () => Error | undefined {
  let latest: Error | undefined;
  let lost = false;
  client.on("error", (error: Error) => {
    latest = error;
    if (lost) return;
    lost = true;
    logger.warn("The connection to Redis is lost; trying again", { error: error.message });
  });
  client.on("ready", () => {
    latest = undefined;
    if (lost) logger.info("Connected to Redis again");
    lost = false;
  });
  return () => latest;
}

function unreachable(options: RedisOptions, cause: unknown): ComponentError {
  const { code, message } = redisError(cause);
  const what = options.failover ? "sentinels" : options.redisType === "cluster" ? "cluster" : "server";
  return new ComponentError(code, `Cannot connect to the Redis ${what} at ${options.redisHost}: ${message}`, { cause });
}
