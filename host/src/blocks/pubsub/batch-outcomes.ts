import type { BulkEntry } from "./bulk-postman.ts";
import type { Outcome } from "./postman.ts";

/** The outcome of each entry, in the batch's order. An entry that the application said nothing of was not handled. */
export function batchOutcomes(batch: readonly BulkEntry[], told: ReadonlyMap<string, Outcome>): Outcome[] {
  return batch.map(
    ({ entryId }) =>
      told.get(entryId) ?? {
        status: "retry",
        reason: `response not received, RETRY required while processing bulk subscribe event for entry id: ${entryId}`,
      },
  );
}

/** The same outcome for all of them. */
export function sameOutcome(batch: readonly BulkEntry[], outcome: Outcome): Outcome[] {
  return batch.map(() => outcome);
}
