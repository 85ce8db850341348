import { ComponentError, type InstanceOf, type Kind } from "@trilby/kit";

/** A subscription or a reader. */
interface Closable {
  close(): Promise<void>;
}

/** Opens a subscription or a reader on an instance; `onClosed` is called when the other side ended it. */
export type Attachment = (instance: InstanceOf[Kind], onClosed: (error: Error) => void) => Promise<Closable>;

/** The open subscriptions and readers of a component: opened again on each new instance, unseen by whoever holds them. */
export interface Attachments {
  /**
   * Resolves when it is open; rejects when it cannot be, or the instance went away meanwhile. What it resolves to stays valid
   * while instances come and go.
   */
  add(open: Attachment, instance: InstanceOf[Kind]): Promise<Closable>;
  /** The instance is gone: nothing is open any more. */
  detach(): void;
  /** Resolves when each was tried on a new instance. One that fails is tried again until it works; the others go on. */
  reopen(instance: InstanceOf[Kind]): Promise<void>;
  close(): Promise<void>;
}

interface Entry {
  readonly open: Attachment;
  current: Closable | undefined;
  closed: boolean;
}

const firstRetryMs = 1000;
const longestRetryMs = 10_000;

export function createAttachments(report: (problem: string) => void): Attachments {
  const entries = new Set<Entry>();
  const timers = new Set<NodeJS.Timeout>();
  // Counts instances, so that a late retry does not open anything on one that is gone.
  let generation = 0;

  const retryLater = (entry: Entry, instance: InstanceOf[Kind], retryMs: number, problem: string): void => {
    const mine = generation;
    report(`${problem}; it is opened again in ${retryMs / 1000}s`);
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (entry.closed || mine !== generation) return;
      open(entry, instance).catch((error: Error) =>
        retryLater(
          entry,
          instance,
          Math.min(retryMs * 2, longestRetryMs),
          `a subscription could not be opened: ${error.message}`,
        ),
      );
    }, retryMs);
    timers.add(timer);
  };
  const open = async (entry: Entry, instance: InstanceOf[Kind]): Promise<void> => {
    const mine = generation;
    const isOver = (): boolean => entry.closed || mine !== generation;
    const current = await entry.open(instance, (error) => {
      if (isOver()) return;
      entry.current = undefined;
      retryLater(entry, instance, firstRetryMs, `the component ended a subscription: ${error.message}`);
    });
    if (!isOver()) entry.current = current;
    else if (mine === generation) await current.close();
  };
  const closeEntry = async (entry: Entry): Promise<void> => {
    entry.closed = true;
    entries.delete(entry);
    await entry.current?.close();
  };
  const detach = (): void => {
    generation++;
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
    for (const entry of entries) entry.current = undefined;
  };
  return {
    async add(attachment, instance) {
      const entry: Entry = { open: attachment, current: undefined, closed: false };
      await open(entry, instance);
      if (entry.current === undefined) throw new ComponentError("unavailable", "the component went away meanwhile");
      entries.add(entry);
      return { close: () => closeEntry(entry) };
    },
    detach,
    async reopen(instance) {
      const opened = [...entries].map((entry) =>
        open(entry, instance).catch((error: Error) =>
          retryLater(entry, instance, firstRetryMs, `a subscription could not be opened: ${error.message}`),
        ),
      );
      await Promise.all(opened);
    },
    async close() {
      await Promise.allSettled([...entries].map(closeEntry));
      detach();
    },
  };
}
