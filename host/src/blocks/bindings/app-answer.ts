import { ComponentError } from "@trilby/kit";
import type { ErrorCode, Logger } from "@trilby/kit";

import { ApiError } from "../../api/error.ts";
import { UnusableBinding, type Outputs } from "./outputs.ts";
import type { SaveState, StateToSave } from "./state-saver.ts";

/** What the application wants done with its answer to an event. */
export interface AppAnswer {
  readonly storeName: string;
  readonly states: readonly StateToSave[];
  /** Output bindings that get `data`, by the operation `create`. */
  readonly to: readonly string[];
  readonly data: Uint8Array;
  readonly parallel: boolean;
}

/**
 * Saves the answer's state, then sends its data on. A store or binding that does not exist, or cannot do it, is logged: the
 * same event again would not help. Anything else rejects, so that the event is not acknowledged and comes again.
 */
export async function carryOut(
  answer: AppAnswer,
  bindingName: string,
  outputs: Outputs,
  saveState: SaveState,
  logger: Logger,
): Promise<void> {
  const attempt = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      const message = `the app's answer to an event of binding ${bindingName} ${what}: ${(error as Error).message}`;
      if (!isHopeless(error)) throw new Error(message, { cause: error });
      logger.error(message);
    }
  };
  if (answer.states.length > 0) {
    await attempt(`could not be saved in state store ${answer.storeName}`, () =>
      saveState(answer.storeName, answer.states),
    );
  }
  const send = (name: string): Promise<void> =>
    attempt(`could not be sent to output binding ${name}`, () =>
      outputs.invoke(name, { operation: "create", data: answer.data, metadata: {} }),
    );
  if (!answer.parallel) {
    for (const name of answer.to) await send(name);
    return;
  }
  const sent = await Promise.allSettled(answer.to.map(send));
  for (const each of sent) if (each.status === "rejected") throw each.reason;
}

/** Whether the same again would fail the same: a missing store or a conflict of etags, but not a broker that is down. */
function isHopeless(error: unknown): boolean {
  if (error instanceof UnusableBinding) return true;
  if (error instanceof ApiError) return error.httpStatus < 500;
  return ComponentError.is(error) && hopeless.has(error.code);
}

const hopeless: ReadonlySet<ErrorCode> = new Set([
  "etag-mismatch",
  "etag-invalid",
  "invalid-argument",
  "invalid-metadata",
  "unimplemented",
]);
