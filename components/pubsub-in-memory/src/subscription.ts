import { ComponentError, type Deliver, type Message } from "@trilby/kit";
import type { BrokerLimits } from "./broker.ts";
import { Queue } from "./queue.ts";

export interface QueuedMessage {
  readonly message: Message;
  /** How often it was refused. */
  readonly attempts: number;
}

export interface RunningSubscription {
  readonly topic: string;
  readonly waiting: number;
  matches(topic: string): boolean;
  hasRoomFor(bytes: number): boolean;
  take(queued: QueuedMessage): void;
  pause(): void;
  resume(): void;
  /** Waits for the delivery under way; resolves to what was not finished, oldest first. */
  close(): Promise<readonly QueuedMessage[]>;
}

export interface SubscriptionSettings {
  readonly topic: string;
  readonly deliver: Deliver;
  readonly limits: BrokerLimits;
  readonly backlog: readonly QueuedMessage[];
  readonly paused: boolean;
  readonly warn: (problem: string) => void;
}

/**
 * Delivers one message at a time, in the order published. A message that is refused steps aside and comes again after a
 * while, so that those behind it keep flowing; it is never dropped.
 */
export function openSubscription({
  topic,
  deliver,
  limits,
  backlog,
  warn,
  ...start
}: SubscriptionSettings): RunningSubscription {
  const matches = matcherOf(topic);
  const queue = new Queue<QueuedMessage>();
  const retries = new Map<NodeJS.Timeout, QueuedMessage>();
  let waitingBytes = 0;
  let { paused } = start;
  let open = true;
  let working: Promise<void> | undefined;

  const enqueue = (queued: QueuedMessage): void => {
    queue.push(queued);
    // In a microtask, so that `publish` resolves before its message is delivered.
    working ??= Promise.resolve().then(work);
  };

  const mayDeliver = (): boolean => open && !paused && queue.length > 0;

  async function work(): Promise<void> {
    while (mayDeliver()) await handOver(queue.first!);
    working = undefined;
  }

  async function handOver(queued: QueuedMessage): Promise<void> {
    try {
      await deliver(queued.message);
      queue.shift();
      waitingBytes -= queued.message.data.length;
    } catch (error) {
      // A subscriber that went away has refused nothing: the message stays first.
      if (ComponentError.is(error) && error.code === "cancelled") await stayFirst();
      else refused(queued, error);
    }
  }

  function refused({ message, attempts }: QueuedMessage, error: unknown): void {
    queue.shift();
    const delayMs = Math.min(limits.firstRetryMs * 2 ** attempts, limits.longestRetryMs);
    const reason = error instanceof Error ? error.message : String(error);
    warn(`a message of ${message.topic} was refused (${reason}); it is delivered again in ${delayMs} ms`);
    const again = { message, attempts: attempts + 1 };
    const timer = setTimeout(() => {
      retries.delete(timer);
      enqueue(again);
    }, delayMs);
    retries.set(timer, again);
  }

  let wake: () => void = () => {};
  /** Until the subscription closes, or for the shortest delay: the same subscriber may be back. */
  async function stayFirst(): Promise<void> {
    if (!open) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, limits.firstRetryMs);
    wake = resolve;
    await promise;
    clearTimeout(timer);
  }

  for (const queued of backlog) {
    waitingBytes += queued.message.data.length;
    enqueue(queued);
  }

  return {
    topic,
    matches,
    get waiting() {
      return queue.length + retries.size;
    },
    hasRoomFor(bytes) {
      return queue.length + retries.size < limits.maxMessages && waitingBytes + bytes <= limits.maxBytes;
    },
    take(queued) {
      waitingBytes += queued.message.data.length;
      enqueue(queued);
    },
    pause() {
      paused = true;
    },
    resume() {
      paused = false;
      if (queue.length > 0) working ??= work();
    },
    async close() {
      open = false;
      wake();
      await working;
      for (const timer of retries.keys()) clearTimeout(timer);
      const unfinished = [...retries.values(), ...queue.drain()];
      retries.clear();
      return unfinished;
    },
  };
}

/** "orders*" takes every topic that begins with "orders" and goes on. */
function matcherOf(topic: string): (published: string) => boolean {
  if (!topic.endsWith("*")) return (published) => published === topic;
  const prefix = topic.slice(0, -1);
  return (published) => published.length > prefix.length && published.startsWith(prefix);
}
