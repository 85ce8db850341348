import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "@trilby/kit";
import type { Pool, PoolConfig } from "pg";
import { postgresError } from "./postgres-errors.ts";

/** A pool that has connected once, in the first of these ways that works. */
export async function openPool(configs: readonly PoolConfig[], logger: Logger): Promise<Pool> {
  const { default: pg } = await import("pg");
  let reason: unknown;
  for (const config of configs) {
    const pool = new pg.Pool(config);
    // A connection may break while a transaction has it between two statements; the next one reports it.
    pool.on("connect", (client) => client.on("error", () => {}));
    // An idle connection broke; the pool drops it and makes another when it needs one.
    pool.on("error", (error) => logger.debug("A connection to PostgreSQL was lost", { error: error.message }));
    try {
      await pool.query("SELECT 1");
      return pool;
    } catch (error) {
      await pool.end();
      // The later way of sslmode=prefer fails for the reason that counts, unless it was merely refused.
      reason ??= error;
      if (!isAboutTls(error)) throw unreachable(config, error);
    }
  }
  throw unreachable(configs[0]!, reason);
}

/** Serves the calls that wait for a connection, lets all that are under way finish, and hangs up. */
export async function closePool(pool: Pool): Promise<void> {
  // The pool forgets those that wait when it ends. Each of them ends with its time limit.
  while (pool.waitingCount > 0) await sleep(5);
  await pool.end();
}

function isAboutTls(error: unknown): boolean {
  const { code = "", message } = error as Error & { code?: string };
  return code === "28000" || /SSL|TLS|certificate/i.test(message) || /^(ERR_SSL|ERR_TLS|CERT_)/.test(code);
}

function unreachable({ host = "localhost", port = 5432 }: PoolConfig, cause: unknown): Error {
  const error = postgresError(cause);
  error.message = `Cannot connect to PostgreSQL at ${host}:${port}: ${error.message}`;
  return error;
}
