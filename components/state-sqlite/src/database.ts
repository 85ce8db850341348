import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { ComponentError } from "@trilby/kit";
import type { Location } from "./connection-string.ts";
import { isBusy, translate } from "./sqlite-errors.ts";
import { createWriteQueue, type WriteQueue } from "./write-queue.ts";

export interface DatabaseSettings {
  readonly location: Location;
  /** How long to wait for another process that holds the file. */
  readonly busyTimeoutMs: number;
  readonly writeAheadLog: boolean;
}

/**
 * One connection. SQLite works synchronously, so a statement never sees another one of this process half done; but other
 * processes may hold the file, and waiting for them inside SQLite would stop the whole event loop. So SQLite is told not
 * to wait, and `whenFree` tries again in between other work.
 */
export interface Database {
  readonly connection: DatabaseSync;
  readonly readOnly: boolean;
  /** Runs `work` at once, and again while the file is locked. `work` must have no effect when it throws. */
  whenFree<T>(work: () => T): Promise<T>;
  /** The same, in an exclusive transaction: all of `work`, or nothing when it throws. */
  exclusively<T>(work: () => T): Promise<T>;
  readonly writes: WriteQueue;
  /** Waits for the writes under way. */
  close(): Promise<void>;
}

export async function openDatabase({ location, busyTimeoutMs, writeAheadLog }: DatabaseSettings): Promise<Database> {
  const connection = connect(location);
  const writes = createWriteQueue(connection, location.lock, whenFree);
  const database: Database = {
    connection,
    readOnly: location.readOnly,
    whenFree,
    exclusively: (work) => whenFree(() => inExclusiveTransaction(connection, work)),
    writes,
    async close() {
      await writes.idle();
      connection.close();
    },
  };
  try {
    for (const pragma of location.pragmas) await whenFree(() => connection.exec(`PRAGMA ${pragma}`));
    const journal = location.inMemory ? "MEMORY" : writeAheadLog ? "WAL" : "DELETE";
    if (!location.readOnly) await whenFree(() => connection.exec(`PRAGMA journal_mode = ${journal}`));
    return database;
  } catch (error) {
    connection.close();
    throw error;
  }

  async function whenFree<T>(work: () => T): Promise<T> {
    const deadline = performance.now() + busyTimeoutMs;
    for (let delayMs = 1; ; delayMs = Math.min(delayMs * 2, 50)) {
      try {
        return work();
      } catch (error) {
        if (!isBusy(error) || performance.now() + delayMs > deadline) throw translate(error);
      }
      await sleep(delayMs * (0.5 + Math.random() / 2));
      if (!connection.isOpen)
        throw new ComponentError("closed", "The store was closed while it waited for a locked database");
    }
  }
}

function connect({ uri }: Location): DatabaseSync {
  try {
    return new DatabaseSync(uri, { timeout: 0 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ComponentError(
      "failed-precondition",
      `Cannot open the SQLite database ${uri}: ${reason}. Does its folder exist, and may this process read and write there?`,
      { cause: error },
    );
  }
}

function inExclusiveTransaction<T>(connection: DatabaseSync, work: () => T): T {
  connection.exec("BEGIN EXCLUSIVE");
  try {
    const result = work();
    connection.exec("COMMIT");
    return result;
  } catch (error) {
    if (connection.isTransaction) connection.exec("ROLLBACK");
    throw error;
  }
}
