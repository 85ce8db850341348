import { isDeepStrictEqual } from "node:util";

export interface Inbox {
  add(data: unknown): void;
  /** Waits until it is there. */
  arrival(data: unknown): Promise<void>;
  count(data: unknown): number;
  /** Waits until there is anything, and hands out the first. */
  first(): Promise<unknown>;
}

/** What came in, in the order of its coming. */
export function createInbox(): Inbox {
  const got: unknown[] = [];
  const listeners = new Set<() => void>();

  function wait(what: string, found: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        listeners.delete(look);
      };
      const look = (): void => {
        if (!found()) return;
        end();
        resolve();
      };
      const timer = setTimeout(() => {
        end();
        reject(new Error(`${what} did not come in; there are ${JSON.stringify(got)}`));
      }, 10_000);
      listeners.add(look);
      look();
    });
  }

  const count = (data: unknown): number => got.filter((each) => isDeepStrictEqual(each, data)).length;
  return {
    add(data) {
      got.push(data);
      for (const look of listeners) look();
    },
    arrival: (data) => wait(JSON.stringify(data), () => count(data) > 0),
    count,
    async first() {
      await wait("anything", () => got.length > 0);
      return got[0];
    },
  };
}
