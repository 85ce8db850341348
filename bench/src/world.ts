/** Servers, daemons and programs that rows share: started when first asked for, ended together. */
export interface World {
  /** The value that `open` makes, once for each key. It is closed with the world, the last first. */
  once<Value extends Closable | void>(key: string, open: () => Promise<Value>): Promise<Value>;
  close(): Promise<void>;
}

export interface Closable {
  close(): Promise<void> | void;
}

export function createWorld(): World {
  const opened = new Map<string, Promise<unknown>>();
  const closings: (() => Promise<void> | void)[] = [];
  return {
    once<Value extends Closable | void>(key: string, open: () => Promise<Value>): Promise<Value> {
      let value = opened.get(key) as Promise<Value> | undefined;
      if (value === undefined) {
        value = open().then((made) => {
          if (made !== undefined) closings.push(() => made.close());
          return made;
        });
        opened.set(key, value);
      }
      return value;
    },
    async close() {
      for (let end = closings.pop(); end !== undefined; end = closings.pop()) await end();
      opened.clear();
    },
  };
}
