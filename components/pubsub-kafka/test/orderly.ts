import { ComponentError, type Deliver, type Message } from "@trilby/kit";

/** A subscriber that takes messages ahead and keeps their order, as the contract says: one after another of each unit. */
export function orderly(handle: (message: Message) => Promise<void> | void): Deliver {
  const units = new Map<string, { series: number; isRefused: boolean; last: Promise<void> }>();
  return async (message) => {
    const { unit: name, series } = message.turn!;
    let unit = units.get(name);
    if (unit?.series !== series) units.set(name, (unit = { series, isRefused: false, last: Promise.resolve() }));
    const current = unit;
    const before = current.last;
    const settled = Promise.withResolvers<void>();
    current.last = settled.promise;
    try {
      await before;
      if (current.isRefused) throw new ComponentError("failed-precondition", "behind a refused one");
      await handle(message);
    } catch (error) {
      current.isRefused = true;
      throw error;
    } finally {
      settled.resolve();
    }
  };
}
