import { type Call, ComponentError, type InstanceOf, type Kind } from "@trilby/kit";

/**
 * Where calls wait that come while a component is away. A restart takes a few hundred milliseconds, so waiting briefly
 * hides most of them from the application, and it is safe: these calls were never sent. Calls that were under way when the
 * component went are not here; they were rejected, because nobody knows whether they took effect.
 */
export interface WaitingRoom<K extends Kind> {
  /**
   * Resolves to the instance when it is back. Rejects with `unavailable` when that takes too long or too many wait, and at
   * once when the component has been away for long: then every call would wait in vain.
   */
  enter(call: Call | undefined): Promise<InstanceOf[K]>;
  /** Why the component is away, in words for people. */
  reason(): string;
  /** The component went away. */
  open(): void;
  /** The component is back: lets all in. */
  admit(instance: InstanceOf[K]): void;
  /** The component will not come back. */
  close(error: ComponentError): void;
}

const mostWaiting = 1000;
const longestWaitMs = 2000;
const longestAbsenceMs = 5000;

export function createWaitingRoom<K extends Kind>(reason: () => string): WaitingRoom<K> {
  const waiting = new Set<PromiseWithResolvers<InstanceOf[K]>>();
  let awaySince = performance.now();
  return {
    async enter(call) {
      if (performance.now() - awaySince > longestAbsenceMs) throw new ComponentError("unavailable", reason());
      if (waiting.size >= mostWaiting)
        throw new ComponentError("unavailable", `${reason()}; ${mostWaiting} calls wait for it already`);
      const guest = Promise.withResolvers<InstanceOf[K]>();
      const leave = (): void =>
        guest.reject(new ComponentError("cancelled", "the caller did not wait for the component to come back"));
      const timer = setTimeout(() => guest.reject(new ComponentError("unavailable", reason())), longestWaitMs);
      if (call?.signal?.aborted) leave();
      call?.signal?.addEventListener("abort", leave);
      waiting.add(guest);
      try {
        return await guest.promise;
      } finally {
        waiting.delete(guest);
        clearTimeout(timer);
        call?.signal?.removeEventListener("abort", leave);
      }
    },
    reason,
    open() {
      awaySince = performance.now();
    },
    admit(instance) {
      for (const guest of waiting) guest.resolve(instance);
    },
    close(error) {
      for (const guest of waiting) guest.reject(error);
    },
  };
}
