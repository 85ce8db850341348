import { ComponentError, defineStateStore, duration, integer, text, type StateStore } from "@trilby/kit";

export default defineStateStore({
  type: "state.shelf",
  version: "v1",
  status: "alpha",
  title: "Shelf",
  description: "Keeps items in this process until it ends.",
  placement: "in-process",
  features: ["ETAG"],
  metadata: {
    label: text({ description: "What to write on the shelf.", required: true, example: "orders" }),
    room: integer({ description: "How many items fit.", default: 1000, min: 1 }),
    delay: duration({ description: "How slow the shelf is.", default: "0s" }),
  },

  async open({ label, room, delay: delayMs }, { logger }): Promise<StateStore> {
    const items = new Map<string, { data: Uint8Array; etag: string }>();
    let writes = 0;
    logger.info("the shelf is up", { label });

    // No await between the check and the write: that is what makes the check hold.
    function check(key: string, etag: string | undefined, onlyIfAbsent: boolean): void {
      const stored = items.get(key)?.etag;
      if (etag === undefined ? onlyIfAbsent && stored !== undefined : etag !== stored) {
        throw new ComponentError("etag-mismatch", `the etag of ${key} does not match`);
      }
    }

    return {
      async get({ key }) {
        await new Promise((resolve) => setTimeout(resolve, delayMs));
        return items.get(key);
      },
      async set({ key, value, etag, options }) {
        check(key, etag, options.concurrency === "first-write");
        if (items.size >= room && !items.has(key))
          throw new ComponentError("resource-exhausted", `the shelf ${label} is full`);
        items.set(key, { data: value.slice(), etag: String(++writes) }); // the caller may use its buffer again
      },
      async delete({ key, etag }) {
        check(key, etag, false);
        items.delete(key);
      },
      async close() {
        items.clear();
      },
    };
  },
});
