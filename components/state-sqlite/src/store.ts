import { randomUUID } from "node:crypto";
import {
  ComponentError,
  stateTtlSeconds,
  type DeleteRequest,
  type GetResult,
  type SetRequest,
  type StateStore,
  type TransactionOperation,
} from "@trilby/kit";
import type { Database } from "./database.ts";
import type { Tables } from "./migrations.ts";

/** The rows are those of Dapr's component: base64 text with is_binary = 1, or JSON text with 0, which is only read here. */
export function createSqliteStore(database: Database, tables: Tables): StateStore {
  const statements = prepare(database, tables);

  return {
    get: ({ key }) => database.whenFree(() => find(key)),

    bulkGet: (requests) =>
      database.whenFree(() =>
        requests.map(({ key }) => {
          const found = find(key);
          return found ? { key, ...found } : { key };
        }),
      ),

    async set(request) {
      await database.writes.one(prepareWrite(request));
    },

    delete: (request) => database.writes.one(() => remove(request)),

    async transact(operations) {
      const steps = operations.map(toStep);
      if (steps.length === 0) return;
      await database.writes.several(() => {
        for (const step of steps) step();
      });
    },

    ping: () => database.whenFree(() => void statements.ping.get()),

    close: () => database.close(),
  };

  function find(key: string): GetResult | undefined {
    const row = statements.find.get(key) as unknown as Row | undefined;
    return row && toResult(row);
  }

  function toStep(operation: TransactionOperation): () => void {
    if (operation.kind === "set") return prepareWrite(operation.request);
    return () => remove(operation.request);
  }

  /** Everything that can be wrong with the request shows here, before a transaction begins. */
  function prepareWrite({ key, value, etag, options, metadata }: SetRequest): () => void {
    const ttlSeconds = stateTtlSeconds(metadata) ?? 0;
    // A modifier of SQLite's strftime(); null makes the expiry null.
    const expiry = ttlSeconds > 0 ? `+${ttlSeconds} seconds` : null;
    const content = toBase64(value);
    const next = randomUUID();

    if (etag !== undefined) {
      return () => {
        if (statements.replace.run(content, next, expiry, key, etag).changes === 0) throw mismatch(key);
      };
    }
    if (options.concurrency === "first-write") {
      return () => {
        if (statements.insert.run(key, content, next, expiry).changes === 0) {
          throw new ComponentError("etag-mismatch", `First write of ${key}, which exists already`);
        }
      };
    }
    return () => void statements.upsert.run(key, content, next, expiry);
  }

  function remove({ key, etag }: DeleteRequest): void {
    if (etag === undefined) statements.remove.run(key);
    else if (statements.removeMatching.run(key, etag).changes === 0) throw mismatch(key);
  }
}

interface Row {
  readonly value: string;
  readonly is_binary: number;
  readonly etag: string;
  readonly expiration_time: string | null;
}

function prepare({ connection }: Database, { state }: Tables) {
  // Text of the form that CURRENT_TIMESTAMP has, with milliseconds: Dapr's component reads and compares it as well.
  const now = `strftime('%Y-%m-%d %H:%M:%f', 'now')`;
  const after = `strftime('%Y-%m-%d %H:%M:%f', 'now', ?)`;
  const live = `(expiration_time IS NULL OR expiration_time > ${now})`;
  const row = `(key, value, is_binary, etag, update_time, expiration_time)
    VALUES (?, ?, 1, ?, CURRENT_TIMESTAMP, ${after})`;
  const overwrite = `UPDATE SET value = excluded.value, is_binary = 1, etag = excluded.etag,
    update_time = CURRENT_TIMESTAMP, expiration_time = excluded.expiration_time`;
  return {
    find: connection.prepare(
      `SELECT value, is_binary, etag, expiration_time FROM "${state}" WHERE key = ? AND ${live}`,
    ),
    upsert: connection.prepare(`INSERT INTO "${state}" ${row} ON CONFLICT (key) DO ${overwrite}`),
    // A row that has expired but is still there counts as absent.
    insert: connection.prepare(
      `INSERT INTO "${state}" ${row} ON CONFLICT (key) DO ${overwrite} WHERE "${state}".expiration_time <= ${now}`,
    ),
    replace: connection.prepare(
      `UPDATE "${state}" SET value = ?, is_binary = 1, etag = ?, update_time = CURRENT_TIMESTAMP,
         expiration_time = ${after}
       WHERE key = ? AND etag = ? AND ${live}`,
    ),
    remove: connection.prepare(`DELETE FROM "${state}" WHERE key = ?`),
    removeMatching: connection.prepare(`DELETE FROM "${state}" WHERE key = ? AND etag = ?`),
    ping: connection.prepare("SELECT 1"),
  };
}

function toResult({ value, is_binary, etag, expiration_time }: Row): GetResult {
  const data = Buffer.from(value, is_binary ? "base64" : "utf8");
  if (expiration_time === null) return { data, etag };
  return {
    data,
    etag,
    metadata: { ttlExpireTime: `${expiration_time.slice(0, 10)}T${expiration_time.slice(11, 19)}Z` },
  };
}

function toBase64(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
}

function mismatch(key: string): ComponentError {
  return new ComponentError("etag-mismatch", `The etag of ${key} is another one by now, or the item is gone`);
}
