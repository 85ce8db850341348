import assert from "node:assert/strict";
import { ComponentError } from "@trilby/kit";
import { text } from "../core/bytes.ts";
import { etagOf, holds, setting, stored, type StateCase, type Store } from "./requests.ts";
import { set } from "./transaction.ts";

export const concurrencyCases: readonly StateCase[] = [
  {
    id: "state/first-write-wins-for-exactly-one-of-many",
    class: "functional",
    needs: ["ETAG"],
    async run({ instance, unique }) {
      const key = unique("contended");
      const writers = Array.from({ length: 32 }, (_, index) => `writer ${index}`);
      const winner = await onlyWinner(writers, (value) =>
        instance.set(setting(key, value, { concurrency: "first-write" })),
      );
      await holds(instance, key, winner);
    },
  },
  {
    id: "state/an-etag-wins-for-exactly-one-of-many",
    class: "functional",
    needs: ["ETAG"],
    async run({ instance, unique }) {
      const key = unique("contended");
      await instance.set(setting(key, "start"));
      const etag = await etagOf(instance, key);
      const writers = Array.from({ length: 32 }, (_, index) => `writer ${index}`);
      const winner = await onlyWinner(writers, (value) => instance.set(setting(key, value, { etag })));
      await holds(instance, key, winner);
    },
  },
  {
    id: "state/64-writers-counting-by-etag-lose-no-count",
    class: "functional",
    needs: ["ETAG"],
    timeoutMs: 60_000,
    async run({ instance, unique }) {
      const key = unique("counter");
      await instance.set(setting(key, "0"));
      await Promise.all(
        Array.from({ length: 64 }, () =>
          untilWritten(async () => {
            const { data, etag } = await stored(instance, key);
            await instance.set(setting(key, String(Number(text(data)) + 1), { etag }));
          }),
        ),
      );
      await holds(instance, key, "64");
    },
  },
  {
    id: "state/transactions-side-by-side-do-not-mix",
    class: "functional",
    needs: ["TRANSACTIONAL"],
    async run({ instance, unique }) {
      const keys = [unique("a"), unique("b"), unique("c")];
      for (let round = 0; round < 5; round++) {
        const writers = Array.from({ length: 16 }, (_, index) => `${round}-${index}`);
        await Promise.all(
          writers.map((value) =>
            instance.transact!(
              keys.map((key) => set(key, value)),
              {},
            ),
          ),
        );
        const values = await Promise.all(keys.map(async (key) => text((await stored(instance, key)).data)));
        assert.equal(new Set(values).size, 1, `items that were always written together hold ${values.join(", ")}`);
      }
    },
  },
  {
    id: "state/counters-moved-together-in-transactions-stay-together",
    class: "functional",
    needs: ["TRANSACTIONAL", "ETAG"],
    timeoutMs: 60_000,
    async run({ instance, unique }) {
      const [guarded, mirror] = [unique("guarded"), unique("mirror")];
      await instance.transact!([set(guarded, "0"), set(mirror, "0")], {});
      await Promise.all(
        Array.from({ length: 16 }, () =>
          untilWritten(async () => {
            const { data, etag } = await stored(instance, guarded);
            const next = String(Number(text(data)) + 1);
            await instance.transact!([set(mirror, next), set(guarded, next, { etag })], {});
          }),
        ),
      );
      await holds(instance, guarded, "16");
      await holds(instance, mirror, "16");
    },
  },
  {
    id: "state/200-calls-at-once-do-not-mix",
    class: "functional",
    async run({ instance, unique }) {
      const keys = Array.from({ length: 200 }, (_, index) => unique(`item-${index}`));
      await Promise.all(keys.map((key) => instance.set(setting(key, `value of ${key}`))));
      await Promise.all(keys.map((key) => holds(instance, key, `value of ${key}`)));
    },
  },
];

async function onlyWinner(
  writers: readonly string[],
  write: (value: string) => ReturnType<Store["set"]>,
): Promise<string> {
  const won: string[] = [];
  await Promise.all(
    writers.map(async (value) => {
      try {
        await write(value);
        won.push(value);
      } catch (error) {
        assert.ok(ComponentError.is(error), `a writer that lost got ${String(error)}`);
      }
    }),
  );
  assert.equal(won.length, 1, `${won.length} of ${writers.length} writers won`);
  return won[0]!;
}

/** Reads and writes again for as long as somebody else was faster. */
async function untilWritten(attempt: () => Promise<void>): Promise<void> {
  for (let tries = 0; tries < 1_000; tries++) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (!ComponentError.is(error) || error.code === "invalid-argument" || error.code === "unimplemented") throw error;
      // A store may tell a lost race inside a transaction by other codes; the count at the end is what matters.
    }
  }
  throw new assert.AssertionError({ message: "1000 attempts in a row lost against other writers" });
}
