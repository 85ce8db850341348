import type { DatabaseSync } from "node:sqlite";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ComponentError } from "@trilby/kit";
import type { Location } from "./connection-string.ts";

export interface WriteQueue {
  /** `work` is one statement. It throws a `ComponentError` when it is refused, and then has changed nothing. */
  one(work: () => void): Promise<void>;
  /** `work` is several statements, all of which take effect or none. */
  several(work: () => void): Promise<void>;
  /** Resolves when nothing is left to write. */
  idle(): Promise<void>;
}

interface Write {
  readonly work: () => void;
  readonly isSeveral: boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** About a millisecond's work: others get their turn in between. */
const mostWrites = 64;

/**
 * Commits the writes of one turn of the event loop together, since each commit waits for the disk and holds up everything
 * meanwhile. A write is acknowledged when its commit is done.
 */
export function createWriteQueue(
  connection: DatabaseSync,
  lock: Location["lock"],
  whenFree: <T>(work: () => T) => Promise<T>,
): WriteQueue {
  const waiting: Write[] = [];
  let writing: Promise<void> | undefined;

  return {
    one: (work) => add(work, false),
    several: (work) => add(work, true),
    idle: () => writing ?? Promise.resolve(),
  };

  function add(work: () => void, isSeveral: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      waiting.push({ work, isSeveral, resolve, reject });
      writing ??= writeAll();
    });
  }

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      await nextTurn();
      const writes = waiting.splice(0, mostWrites);
      // Whatever it is that one of them cannot be written for must not touch the others.
      if (!(await write(writes))) for (const each of writes) await write([each]);
    }
    writing = undefined;
  }

  /** Resolves to false when nothing was written or answered, and one of several writes may be the reason. */
  async function write(writes: readonly Write[]): Promise<boolean> {
    try {
      const refusals = await whenFree(() => commit(writes));
      writes.forEach(({ resolve, reject }, index) => (refusals[index] ? reject(refusals[index]) : resolve()));
    } catch (error) {
      const isLocked = ComponentError.is(error) && error.code === "unavailable";
      if (writes.length > 1 && !isLocked) return false;
      // Those behind would only begin to wait for the same lock.
      const failed = isLocked ? [...writes, ...waiting.splice(0)] : writes;
      for (const { reject } of failed) reject(error);
    }
    return true;
  }

  function commit(writes: readonly Write[]): (ComponentError | undefined)[] {
    if (writes.length === 1 && !writes[0]!.isSeveral) return [attempt(writes[0]!.work)];
    connection.exec(`BEGIN ${lock}`);
    try {
      const refusals = writes.map(({ work, isSeveral }) => attempt(isSeveral ? () => inSavepoint(work) : work));
      connection.exec("COMMIT");
      return refusals;
    } catch (error) {
      if (connection.isTransaction) connection.exec("ROLLBACK");
      throw error;
    }
  }

  function inSavepoint(work: () => void): void {
    connection.exec("SAVEPOINT several");
    try {
      work();
    } catch (error) {
      // A grave error has ended the whole transaction already.
      if (connection.isTransaction) connection.exec("ROLLBACK TO several; RELEASE several");
      throw error;
    }
    connection.exec("RELEASE several");
  }
}

/** Returns what the work was refused for; what went wrong otherwise is thrown on. */
function attempt(work: () => void): ComponentError | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (ComponentError.is(error)) return error;
    throw error;
  }
}
