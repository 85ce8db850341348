import { ComponentError } from "@trilby/kit";
import type { Deliver, Message } from "@trilby/kit";

/** A message among those of its unit that are under way. */
export interface Standing {
  /** Why it must not be handled: one before it was not. Undefined: it may be. */
  readonly refusal: ComponentError | undefined;
  /** Resolves when it was handled or refused, whatever became of it. */
  readonly settled: Promise<void>;
}

interface Unit {
  readonly series: number;
  refusal: ComponentError | undefined;
  last: Promise<void> | undefined;
}

/**
 * Keeps the order of messages that a component hands out ahead: one that stands behind a refused one of its unit is refused,
 * until the unit begins a new series. `together`: whoever delivers collects messages and looks at their standing itself, before
 * it hands them on. Else they are delivered one after another.
 */
export function inTurn(
  deliver: (message: Message, standing?: Standing) => Promise<void>,
  { together }: { readonly together: boolean },
): Deliver {
  const units = new Map<string, Unit>();

  const deliverIn = async (unit: Unit, message: Message): Promise<void> => {
    const before = together ? undefined : unit.last;
    const settled = Promise.withResolvers<void>();
    const standing: Standing = {
      get refusal() {
        return unit.refusal;
      },
      settled: settled.promise,
    };
    unit.last = settled.promise;
    try {
      if (before !== undefined) await before;
      if (unit.refusal !== undefined) throw unit.refusal;
      await deliver(message, standing);
    } catch (error) {
      unit.refusal ??= refusalBehind(error);
      throw error;
    } finally {
      settled.resolve();
    }
  };

  return (message) => {
    const { turn } = message;
    if (turn === undefined) return deliver(message);
    let unit = units.get(turn.unit);
    if (unit?.series !== turn.series) {
      unit = { series: turn.series, refusal: undefined, last: undefined };
      units.set(turn.unit, unit);
    }
    return deliverIn(unit, message);
  };
}

/** Where nobody refused anything, as the subscriber is away, nobody refused what is behind it either. */
function refusalBehind(error: unknown): ComponentError {
  return ComponentError.is(error) && error.code === "cancelled"
    ? error
    : new ComponentError("failed-precondition", "a message before it was refused");
}
