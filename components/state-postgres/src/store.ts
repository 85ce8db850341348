import {
  ComponentError,
  stateTtlSeconds,
  type BulkGetItem,
  type DeleteRequest,
  type GetResult,
  type SetRequest,
  type StateStore,
  type TransactionOperation,
} from "@trilby/kit";
import type { Pool, PoolClient } from "pg";
import type { Layout } from "./layout.ts";
import { closePool } from "./open-pool.ts";
import { postgresError } from "./postgres-errors.ts";
import type { Statement, Statements } from "./statements.ts";

type Row = (string | null)[];
/** A statement that is ready to run, and what its having changed no row means. */
interface Step {
  readonly statement: Statement;
  readonly values: unknown[];
  readonly onNoRow: (() => ComponentError) | undefined;
}

export function createPostgresStore(pool: Pool, layout: Layout, statements: Statements): StateStore {
  const valueWidth = layout.selected.length;

  return {
    async get({ key }) {
      const { rows } = await pool.query<Row>({ ...statements.find, values: [key] }).catch(rethrow);
      return rows[0] && toResult(rows[0]);
    },

    async bulkGet(requests) {
      const keys = requests.map(({ key }) => key);
      const { rows } = await pool.query<Row>({ ...statements.findMany, values: [keys] }).catch(rethrow);
      const found = new Map(rows.map(([key, ...row]) => [key, row]));
      return keys.map((key): BulkGetItem => {
        const row = found.get(key);
        return row ? { key, ...toResult(row) } : { key };
      });
    },

    async set(request) {
      await run(pool, setting(request));
    },

    async delete(request) {
      await run(pool, deleting(request));
    },

    async transact(operations) {
      const steps = operations.map(toStep);
      if (steps.length === 1) return run(pool, steps[0]!);
      if (steps.length > 1) await inTransaction(pool, steps);
    },

    async ping() {
      await pool.query("SELECT 1").catch(rethrow);
    },

    close: () => closePool(pool),
  };

  function toStep(operation: TransactionOperation): Step {
    return operation.kind === "set" ? setting(operation.request) : deleting(operation.request);
  }

  function setting(request: SetRequest): Step {
    const { key, etag, options, metadata } = request;
    const ttlSeconds = stateTtlSeconds(metadata) ?? 0;
    const values: unknown[] = [key, ...layout.content(request), ttlSeconds > 0 ? ttlSeconds : null];
    if (etag !== undefined) {
      return { statement: statements.replace, values: [...values, layout.etag(etag)], onNoRow: () => mismatch(key) };
    }
    if (options.concurrency === "first-write")
      return { statement: statements.insert, values, onNoRow: () => exists(key) };
    return { statement: statements.upsert, values, onNoRow: undefined };
  }

  function deleting({ key, etag }: DeleteRequest): Step {
    if (etag === undefined) return { statement: statements.remove, values: [key], onNoRow: undefined };
    return { statement: statements.removeMatching, values: [key, layout.etag(etag)], onNoRow: () => mismatch(key) };
  }

  function toResult(row: Row): GetResult {
    const data = layout.read(row);
    const etag = row[valueWidth]!;
    const ttlExpireTime = row[valueWidth + 1];
    return ttlExpireTime ? { data, etag, metadata: { ttlExpireTime } } : { data, etag };
  }
}

async function run(client: Pool | PoolClient, { statement, values, onNoRow }: Step): Promise<void> {
  const { rowCount } = await (client as Pool).query({ ...statement, values }).catch(rethrow);
  if (rowCount === 0 && onNoRow) throw onNoRow();
}

/** Two round trips, however many steps: all of them are sent at once, and then the COMMIT or the ROLLBACK. */
async function inTransaction(pool: Pool, steps: readonly Step[]): Promise<void> {
  const client = await pool.connect().catch(rethrow);
  const sent = [client.query("BEGIN").catch(rethrow), ...steps.map((step) => run(client, step))];
  // The first that failed is the reason; those behind it fail because of it.
  const failed = (await Promise.allSettled(sent)).find((outcome) => outcome.status === "rejected");
  const notEnded = await client.query(failed ? "ROLLBACK" : "COMMIT").then(() => undefined, postgresError);
  // A connection that cannot roll back is closed, which rolls back.
  client.release(notEnded !== undefined);
  if (failed) throw failed.reason;
  if (notEnded) throw notEnded;
}

function mismatch(key: string): ComponentError {
  return new ComponentError("etag-mismatch", `The etag of ${key} is another one by now, or the item is gone`);
}

/** Not an etag error, as in Dapr's component. */
function exists(key: string): ComponentError {
  return new ComponentError("failed-precondition", `First write of ${key}, which exists already: no item was updated`);
}

function rethrow(error: unknown): never {
  throw postgresError(error);
}
