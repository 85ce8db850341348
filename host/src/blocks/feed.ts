import type { Logger } from "@trilby/kit";

import { createBackOff } from "./back-off.ts";

/** Something that a component feeds for as long as the application is there: a subscription, or the reading of a binding. */
export interface Feed {
  /** Settles when the first attempt to open did, one way or the other. */
  readonly attempted: Promise<void>;
  /** Why it is not open; undefined when it is. */
  readonly problem: string | undefined;
  /**
   * Takes nothing new, lets what is under way finish for at most `drainMs`, then cuts it off: what was not handled by then
   * is not acknowledged. Resolves after `drainMs` and an eighth of it more at the latest. Called again, the shorter time counts.
   */
  close(drainMs: number): Promise<void>;
}

/** What the one who opens needs to know while deliveries come. */
export interface FeedState {
  /** True once nothing new is taken. */
  readonly closing: boolean;
  /** Aborted at that moment: for work that belongs to opening. */
  readonly closed: AbortSignal;
  /** Aborted when what is under way must end now. */
  readonly cut: AbortSignal;
}

/** Opens, again and again with growing pauses until it works. `what` names it in logs, with topic and component. */
export function openFeed(
  what: string,
  open: (state: FeedState) => Promise<{ close(): Promise<void> }>,
  logger: Logger,
): Feed {
  const closing = new AbortController();
  const cut = new AbortController();
  const state: FeedState = {
    get closing() {
      return closing.signal.aborted;
    },
    closed: closing.signal,
    cut: cut.signal,
  };
  let handle: { close(): Promise<void> } | undefined;
  let problem: string | undefined = `${what} is being started`;
  let whenClosed: Promise<void> | undefined;
  let firstDone!: () => void;
  const attempted = new Promise<void>((resolve) => (firstDone = resolve));

  const opening = (async () => {
    const backOff = createBackOff();
    for (let attempt = 1; !state.closing; attempt++) {
      try {
        handle = await open(state);
        problem = undefined;
        if (attempt > 1) logger.info(`${what} is started after ${attempt} attempts`);
        return;
      } catch (error) {
        problem = `Failed to start ${what}: ${error instanceof Error ? error.message : String(error)}`;
        logger.error(`${problem}. Will retry.`);
      } finally {
        firstDone();
      }
      await backOff.pause(closing.signal);
    }
  })();

  /** How far the end is: work is cut off at the first moment, what is stuck even then is left behind at the second. */
  let cutter: NodeJS.Timeout | undefined;
  let leaver: NodeJS.Timeout | undefined;
  let cutAt = Infinity;
  const left = Promise.withResolvers<void>();

  const limit = (drainMs: number): void => {
    const at = performance.now() + drainMs;
    if (at >= cutAt) return;
    cutAt = at;
    clearTimeout(cutter);
    clearTimeout(leaver);
    cutter = setTimeout(() => {
      logger.warn(`${what} still had work under way after ${Math.round(drainMs)} ms; cutting it off unacknowledged`);
      cut.abort();
    }, drainMs);
    // A component that does not even settle after the cut, or never opens, must not hold up the stop.
    leaver = setTimeout(
      () => {
        logger.error(`${what} did not close; leaving it behind`);
        left.resolve();
      },
      drainMs + Math.min(longestCutMs, drainMs / 8),
    );
  };

  const close = async (): Promise<void> => {
    closing.abort();
    firstDone();
    const closed = (async () => {
      await opening;
      await handle?.close();
    })().catch((error: unknown) => logger.error(`failed to close ${what}: ${String(error)}`, { error }));
    // What is not open yet has nothing under way.
    if (handle === undefined) limit(openingMs);
    await Promise.race([closed, left.promise]);
    clearTimeout(cutter);
    clearTimeout(leaver);
    cutAt = -Infinity;
    cut.abort();
  };

  return {
    attempted,
    get problem() {
      return problem;
    },
    close(drainMs) {
      limit(drainMs);
      return (whenClosed ??= close());
    },
  };
}

/** The drain after which a close is over within the limit, but no longer than `drainMs`. */
export function drainWithin(limitMs: number, drainMs: number): number {
  return Math.max(0, Math.min(drainMs, (limitMs * 8) / 9));
}

const longestCutMs = 5000;
const openingMs = 2000;
