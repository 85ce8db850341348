import { randomUUID } from "node:crypto";

import type { Metadata } from "@trilby/kit";

import { AppError } from "../../app/app-error.ts";
import type { BulkSettings } from "./app-subscription.ts";
import type { Standing } from "./in-turn.ts";
import type { IncomingEvent } from "./incoming-event.ts";
import type { Outcome, Postman } from "./postman.ts";

export interface BulkEntry {
  /** The application answers by it. */
  readonly entryId: string;
  readonly event: IncomingEvent;
  readonly metadata: Metadata;
}

/**
 * Brings many events to the application in one call. Resolves to the outcome of each entry, in their order. Rejects only as
 * `Postman` does.
 */
export type DeliverBatch = (batch: readonly BulkEntry[], signal: AbortSignal) => Promise<readonly Outcome[]>;

/** What stands as the type of a call that brings many events. */
export const bulkEventType = "com.dapr.event.sent.bulk";

export interface BulkLimits {
  /**
   * The component hands out so few messages at a time, or so many, that waiting brings no more of them: what is there goes out
   * at once, and what comes meanwhile together.
   */
  readonly immediate: boolean;
  /** Of all the events in one call, about; a larger one goes alone. Absent: no limit. */
  readonly maxBytes?: number | undefined;
}

interface Waiting {
  readonly entry: BulkEntry;
  readonly outcome: PromiseWithResolvers<Outcome>;
  readonly standing: Standing | undefined;
}

/**
 * A postman that collects events and delivers them in batches, one batch at a time: when there are enough, when the first of
 * them has waited long enough, or, where the component says that waiting brings nothing, what is there at once. Each event
 * waits for its own outcome. How many can be waiting is up to the component, which hands out so many at a time. No event goes
 * out behind one that it stands behind and that was not handled.
 */
export function createBulkPostman(
  deliver: DeliverBatch,
  { maxMessages, maxAwaitMs }: BulkSettings,
  { immediate, maxBytes = Infinity }: BulkLimits,
): Postman {
  let waiting: Waiting[] = [];
  let isDelivering = false;
  /** What waits had its time, and did not fit into the last call. */
  let isLeftOver = false;
  let isHurried = immediate;
  /** Calls off what is planned; undefined when nothing is. */
  let callOff: (() => void) | undefined;

  /** Those that stand behind a refused one have no place in a batch. */
  const sendBack = (): void => {
    const refused = waiting.filter(({ standing }) => standing?.refusal !== undefined);
    if (refused.length === 0) return;
    waiting = waiting.filter(({ standing }) => standing?.refusal === undefined);
    for (const { outcome, standing } of refused) outcome.reject(standing!.refusal);
  };

  const takeBatch = (): Waiting[] => {
    let count = 0;
    let bytes = 0;
    for (const { entry } of waiting) {
      bytes += entry.event.body.length + entryBytes;
      if (count === maxMessages || (count > 0 && bytes > maxBytes)) break;
      count++;
    }
    const batch = waiting.slice(0, count);
    waiting = waiting.slice(count);
    isLeftOver = waiting.length > 0 && count < maxMessages;
    return batch;
  };

  const flush = async (signal: AbortSignal): Promise<void> => {
    callOff?.();
    callOff = undefined;
    isDelivering = true;
    const batch = takeBatch();
    let isSound = false;
    try {
      const entries = batch.map(({ entry }) => entry);
      const outcomes = await deliver(entries, signal);
      for (const [index, { outcome }] of batch.entries()) outcome.resolve(outcomes[index]!);
      isSound = outcomes.every(({ status }) => status === "success");
    } catch (error) {
      for (const { outcome } of batch) outcome.reject(error);
    }
    if (!isSound) {
      // What becomes of them in the end, in the dead letter topic perhaps, says whether those behind them may go out.
      for (const { standing } of batch) await standing?.settled;
      sendBack();
    }
    isDelivering = false;
    plan(signal);
  };

  const plan = (signal: AbortSignal): void => {
    if (isDelivering || waiting.length === 0) return;
    const work = (): void => void flush(signal);
    if (waiting.length >= maxMessages || isLeftOver) work();
    else if (callOff !== undefined) return;
    else if (isHurried) {
      // What comes in the same turn goes with it.
      const immediateWork = setImmediate(work);
      callOff = () => clearImmediate(immediateWork);
    } else {
      const timer = setTimeout(work, maxAwaitMs);
      callOff = () => clearTimeout(timer);
    }
  };

  return {
    deliver(event, metadata, signal, standing) {
      if (signal.aborted) return Promise.reject(cancelled(signal));
      const outcome = Promise.withResolvers<Outcome>();
      const mine: Waiting = { entry: { entryId: randomUUID(), event, metadata }, outcome, standing };
      const giveUp = (): void => {
        waiting = waiting.filter((other) => other !== mine);
        outcome.reject(cancelled(signal));
      };
      signal.addEventListener("abort", giveUp, { once: true });
      waiting.push(mine);
      plan(signal);
      return outcome.promise.finally(() => signal.removeEventListener("abort", giveUp));
    },
    hurry(signal) {
      isHurried = true;
      callOff?.();
      callOff = undefined;
      plan(signal);
    },
  };
}

/** What stands around an event, without its metadata. */
const entryBytes = 150;

function cancelled(signal: AbortSignal): AppError {
  return new AppError("cancelled", "the call was cancelled", signal.reason);
}
