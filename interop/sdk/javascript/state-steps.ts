import { type DaprClient, StateConcurrencyEnum } from "@dapr/dapr";
import { setTimeout as delay } from "node:timers/promises";
import { environment } from "./environment.ts";
import { accepted, refusedStep, step } from "./lines.ts";

const { stateStore: store, runId, clientProtocol } = environment;
const keyOf = (name: string): string => `${runId}-${name}`;
const nameOf = (key: string): string => key.slice(runId.length + 1);
const options = { concurrency: StateConcurrencyEnum.CONCURRENCY_FIRST_WRITE };

/** What an application does with a state store. */
export async function stateSteps({ state }: DaprClient): Promise<void> {
  const save = async (name: string, value: unknown, more: object = {}): Promise<void> => {
    accepted(await state.save(store, [{ key: keyOf(name), value: value as object, ...more }]));
  };
  const get = (name: string): Promise<unknown> => state.get(store, keyOf(name));
  const remove = (name: string, more: { etag?: string } = {}) => state.delete(store, keyOf(name), more);
  // `get` does not show etags.
  const etagOf = async (name: string): Promise<string> => (await state.getBulk(store, [keyOf(name)]))[0]?.etag ?? "";
  /** The SDK sends the value of an operation over gRPC only as a text. */
  const upserted = (value: object): object | string => (clientProtocol === "grpc" ? JSON.stringify(value) : value);
  let oldEtag = "";

  await step("state.save", async () => {
    await save("text", "Żółć 🎩");
    await save("object", { items: [1, "two", null], nested: { ok: true } });
    await save("number", 42);
    return true;
  });
  await step("state.get", async () => {
    oldEtag = await etagOf("object");
    return { text: await get("text"), object: await get("object"), number: await get("number"), etag: oldEtag !== "" };
  });
  await step("state.get.missing", () => get("never"));
  await step("state.etag.match", async () => {
    await save("object", { version: 2 }, { etag: oldEtag, options });
    return get("object");
  });
  await refusedStep(
    "state.etag.conflict",
    () => save("object", { version: 3 }, { etag: oldEtag, options }),
    () => get("object"),
  );
  await step("state.save.bulk", async () => {
    const items = [1, 2, 3].map((n) => ({ key: keyOf(`bulk-${n}`), value: { n } }));
    accepted(await state.save(store, items));
    return true;
  });
  await step("state.get.bulk", async () => {
    const names = ["bulk-1", "bulk-2", "bulk-3", "bulk-missing"];
    const items = await state.getBulk(store, names.map(keyOf));
    return items
      .map(({ key, data, etag }) => ({ key: nameOf(key), value: data ?? null, etag: Boolean(etag) }))
      .toSorted((one, other) => (one.key < other.key ? -1 : 1));
  });
  await step("state.transaction", async () => {
    const upsert = (n: number) => ({
      operation: "upsert" as const,
      request: { key: keyOf(`tx-${n}`), value: upserted({ n }) as string },
    });
    const forget = { operation: "delete" as const, request: { key: keyOf("bulk-3") } };
    await state.transaction(store, [upsert(1), upsert(2), forget]);
    return { "tx-1": await get("tx-1"), "tx-2": await get("tx-2"), "bulk-3": await get("bulk-3") };
  });
  await step("state.delete", async () => {
    accepted(await remove("tx-1"));
    return get("tx-1");
  });
  await refusedStep(
    "state.delete.etag.conflict",
    () => remove("object", { etag: oldEtag }),
    () => get("object"),
  );
  await step("state.ttl", async () => {
    await save("short", { n: 1 }, { metadata: { ttlInSeconds: "2" } });
    const before = await get("short");
    let after = before;
    for (const end = performance.now() + 10_000; after !== "" && performance.now() < end; await delay(100))
      after = await get("short");
    return { before, after };
  });
}
