import { setTimeout as pause } from "node:timers/promises";

import { expect, test } from "vitest";

import type { SubscriptionResource } from "../../src/resources/subscription.ts";
import type { Handler, HttpApp } from "../app/http-app.ts";
import { declared, event } from "./subscribe.ts";
import { openGrpc, openHttp } from "./subscribed-app.ts";

// What a component hands out ahead of its order, on one topic of two partitions.

const turn = (series: number, unit = "0") => ({ turn: { unit, series } });
const behind = { refused: "a message before it was refused" };
const acknowledged = "acknowledged";

interface Envelope {
  readonly entries: { entryId: string; event: { id: string; data: string } }[];
}

const bodies = <Body>(app: HttpApp): Body[] =>
  app.seen.filter(({ path }) => path === "/a").map(({ body }) => JSON.parse(body.toString()) as Body);
const ids = (app: HttpApp): string[] => bodies<{ id: string }>(app).map(({ id }) => id);
const batches = (app: HttpApp): string[][] =>
  bodies<Envelope>(app).map(({ entries }) => entries.map(({ event: { id } }) => id));

const bulk = (count: number, options: Partial<SubscriptionResource> = {}): SubscriptionResource =>
  declared("a", {
    bulkSubscribe: { enabled: true, maxMessagesCount: count, maxAwaitDurationMs: undefined },
    ...options,
  });
const immediate = { features: ["BULK_SUBSCRIBE_IMMEDIATE"] };

/** Answers each entry with the status that its event carries as data, once it is told so. */
function held(): { handler: Handler; release: () => void } {
  const released = Promise.withResolvers<void>();
  return {
    release: () => released.resolve(),
    async handler(request, response) {
      const { entries } = JSON.parse(request.body.toString()) as Envelope;
      await released.promise;
      const statuses = entries.map(({ entryId, event: { data } }) => ({ entryId, status: data }));
      response.end(JSON.stringify({ statuses }));
    },
  };
}

test("one after another of a unit, while the others go on", async () => {
  let busy = 0;
  let most = 0;
  const { broker, app } = await openHttp(
    {
      "POST /a": async (_, response) => {
        most = Math.max(most, ++busy);
        await pause(5);
        busy--;
        response.end("{}");
      },
    },
    { declared: [declared("a")] },
  );
  expect(broker.ahead).toBeGreaterThan(1);
  const fates = ["1", "2", "3"].flatMap((id) => [
    broker.send("a", event(`left ${id}`), turn(1, "left")),
    broker.send("a", event(`right ${id}`), turn(1, "right")),
  ]);
  expect(await Promise.all(fates)).toEqual(Array(6).fill(acknowledged));
  for (const unit of ["left", "right"])
    expect(ids(app).filter((id) => id.startsWith(unit))).toEqual([`${unit} 1`, `${unit} 2`, `${unit} 3`]);
  expect(most).toBe(2);
});

test("none behind a refused one, also of those that arrive later, until a new series", async () => {
  let refusals = 1;
  const { broker, app } = await openHttp(
    {
      "POST /a": (request, response) => {
        const { id } = JSON.parse(request.body.toString()) as { id: string };
        response.statusCode = id === "2" && refusals-- > 0 ? 500 : 200;
        response.end("{}");
      },
    },
    { declared: [declared("a")] },
  );
  const fates = ["1", "2", "3"].map((id) => broker.send("a", event(id), turn(1)));
  expect(await Promise.all(fates)).toEqual([acknowledged, { refused: expect.stringContaining("500") }, behind]);
  expect(await broker.send("a", event("4"), turn(1))).toEqual(behind);
  expect(await broker.send("a", event("other"), turn(1, "1"))).toBe(acknowledged);
  const again = ["2", "3", "4"].map((id) => broker.send("a", event(id), turn(2)));
  expect(await Promise.all(again)).toEqual(Array(3).fill(acknowledged));
  expect(ids(app)).toEqual(["1", "2", "other", "2", "3", "4"]);
});

test("what the host cannot read is refused, and what stands behind it", async () => {
  const { broker, app } = await openHttp(
    { "POST /a": (_, response) => void response.end("{}") },
    { declared: [declared("a")] },
  );
  const fates = [broker.send("a", "no JSON", turn(1)), broker.send("a", event("2"), turn(1))];
  expect(await Promise.all(fates)).toEqual([{ refused: expect.stringContaining("deserializing") }, behind]);
  expect(ids(app)).toEqual([]);
});

test("nobody refused what is behind one that the end of the subscription cut off", async () => {
  const begun = Promise.withResolvers<void>();
  const { broker, block } = await openHttp(
    { "POST /a": () => begun.resolve() },
    { declared: [declared("a")], block: { drainMs: 50 } },
  );
  const fates = ["1", "2"].map((id) => broker.send("a", event(id), turn(1)));
  await begun.promise;
  await block.stop();
  expect(await Promise.all(fates)).toEqual(["kept", "kept"]);
});

test("a batch takes many of a unit, and those behind a refused one of it wait for the next series", async () => {
  const { handler, release } = held();
  const { broker, app } = await openHttp({ "POST /a": handler }, { declared: [bulk(4)], component: immediate });
  expect(broker.ahead).toBe(4);
  const fates = [
    broker.send("a", event("1"), turn(1)),
    broker.send("a", event("2", "RETRY"), turn(1)),
    broker.send("a", event("3"), turn(1)),
  ];
  await app.reached("/a");
  fates.push(broker.send("a", event("4"), turn(1)), broker.send("a", event("other"), turn(1, "1")));
  release();
  expect(await Promise.all(fates)).toEqual([
    acknowledged,
    { refused: expect.any(String) },
    acknowledged,
    behind,
    acknowledged,
  ]);
  const again = [broker.send("a", event("2"), turn(2)), broker.send("a", event("4"), turn(2))];
  expect(await Promise.all(again)).toEqual([acknowledged, acknowledged]);
  expect(batches(app)).toEqual([["1", "2", "3"], ["other"], ["2", "4"]]);
});

test.each([
  { buried: true, fate: acknowledged },
  { buried: false, fate: behind },
])("a batch waits for the dead letters of the one before it (buried: $buried)", async ({ buried, fate }) => {
  const { handler, release } = held();
  const { broker, app } = await openHttp(
    { "POST /a": handler },
    { declared: [bulk(4, { deadLetterTopic: "dead" })], component: immediate },
  );
  if (!buried) broker.failure.publish = new Error("not now");
  const first = broker.send("a", event("1", "RETRY"), turn(1));
  await app.reached("/a");
  const second = broker.send("a", event("2"), turn(1));
  release();
  expect(await first).toEqual(buried ? acknowledged : { refused: expect.stringContaining("not now") });
  expect(await second).toEqual(fate);
  expect(batches(app)).toEqual(buried ? [["1"], ["2"]] : [["1"]]);
});

test("a batch that the application does not get at all is refused with all that stands behind it", async () => {
  let calls = 0;
  const begun = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  const { broker } = await openGrpc(
    {
      bulkTopicEvent: async () => {
        calls++;
        begun.resolve();
        await finish.promise;
        throw new Error("broken");
      },
    },
    { declared: [bulk(4)], component: immediate },
  );
  const first = broker.send("a", event("1"), turn(1));
  await begun.promise;
  const second = broker.send("a", event("2"), turn(1));
  finish.resolve();
  expect(await first).toEqual({ refused: expect.stringContaining("broken") });
  expect(await second).toEqual(behind);
  expect(calls).toBe(1);
});
