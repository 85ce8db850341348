import assert from "node:assert/strict";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { mkdtempSync, rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { describeService } from "@trilby/services/vitest";
import type { Service } from "@trilby/services";
import { describe, test } from "vitest";

import { carryOut, type Fault, times } from "./fault-plan.ts";
import { account } from "./account.ts";
import { seededRandom, seedOfRun } from "./seeded-random.ts";
import { component, createTrilbyd } from "./trilbyd.ts";

// Writes go on while the child, the host and the server are killed: what was answered with 204 must be there at the end.

const writes = 5000;
const writers = 16;

interface Tally {
  acknowledged: number;
  /** Attempts without an answer, or with an error. */
  failed: number;
  /** Writes that had taken effect although nobody was told. */
  unacknowledgedEffects: number;
}

describeService("redis", { killable: true }, (redis) => {
  test("state.redis in a child: no acknowledged write is lost", { timeout: 120_000 }, () =>
    keepsWrites("state.redis", { redisHost: redis.address }, redis, [
      ...times(3, "child"),
      ...times(2, "host"),
      ...times(3, "server"),
    ]),
  );
});

describeService("postgres", { killable: true }, (postgres) => {
  test("state.postgresql in a child: no acknowledged write is lost", { timeout: 120_000 }, () =>
    keepsWrites("state.postgresql", { connectionString: postgres.url }, postgres, [
      ...times(2, "child"),
      ...times(1, "host"),
      ...times(2, "server"),
    ]),
  );
});

describe("a file", () => {
  test("state.sqlite in a child: no acknowledged write is lost", { timeout: 120_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "trilby-sqlite-"));
    try {
      const connectionString = join(folder, "state.db");
      await keepsWrites("state.sqlite", { connectionString }, undefined, [...times(3, "child"), ...times(3, "host")]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

async function keepsWrites(
  type: string,
  metadata: Readonly<Record<string, string>>,
  server: Service | undefined,
  faults: readonly Fault[],
): Promise<void> {
  const seed = seedOfRun();
  const host = await createTrilbyd({
    resources: { "store.yaml": component("store", type, metadata) },
    flags: ["--placement=child"],
  });
  const tally: Tally = { acknowledged: 0, failed: 0, unacknowledgedEffects: 0 };
  try {
    await host.start();
    const progress = (): number => tally.acknowledged / writes;
    const report = (line: string): void => console.log(`seed ${seed}: ${line}`);
    const serves = async (): Promise<boolean> => {
      const answer = await save(`${host.url}/v1.0/state/store`, '[{"key":"probe","value":1}]');
      return answer.status === 204;
    };
    let next = 0;
    const write = async (): Promise<void> => {
      while (next < writes) await writeUntilAcknowledged(host.url, next++, server !== undefined, tally);
    };
    await Promise.all([
      carryOut({ host, server, faults, random: seededRandom(seed), progress, serves }, report),
      ...Array.from({ length: writers }, write),
    ]);
    account(
      `${type}, seed ${seed}: ${writes} acknowledged, ${tally.failed} attempts failed, ${tally.unacknowledgedEffects} writes had taken effect unacknowledged`,
    );
    assert.ok(tally.failed > 0, "no write met a fault: the test proved nothing");
    const lost = await missing(host.url);
    assert.deepEqual(lost, [], `seed ${seed}: acknowledged writes are lost`);
  } finally {
    await host.stop();
  }
}

/** First-write: a second attempt tells whether the first one, which nobody answered, had taken effect. */
async function writeUntilAcknowledged(url: string, number: number, hasServer: boolean, tally: Tally): Promise<void> {
  const body = JSON.stringify([{ key: `write-${number}`, value: { number }, options: { concurrency: "first-write" } }]);
  for (let attempt = 1; ; attempt++) {
    const answer = await save(`${url}/v1.0/state/store`, body);
    // state.redis and state.postgresql answer a first write without an etag so, as Dapr's do.
    const isConflict = answer.status === 409 || /is there already|no item was updated/.test(answer.body);
    if (isConflict) {
      // A client that sends a write again itself meets its own first one: the key has no other writer.
      assert.ok(attempt > 1 || hasServer, `write ${number} met a value that nobody has written`);
      tally.unacknowledgedEffects++;
    }
    if (answer.status === 204 || isConflict) {
      tally.acknowledged++;
      return;
    }
    tally.failed++;
    await delay(20);
  }
}

async function save(url: string, body: string): Promise<{ status: number; body: string }> {
  try {
    const headers = { "content-type": "application/json" };
    const response = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(10_000) });
    return { status: response.status, body: await response.text() };
  } catch {
    return { status: 0, body: "" };
  }
}

async function missing(url: string): Promise<number[]> {
  const lost: number[] = [];
  for (let first = 0; first < writes; first += 500) {
    const numbers = Array.from({ length: 500 }, (_, index) => first + index);
    const response = await fetch(`${url}/v1.0/state/store/bulk`, {
      method: "POST",
      body: JSON.stringify({ keys: numbers.map((number) => `write-${number}`), parallelism: 10 }),
    });
    assert.equal(response.status, 200);
    const items = (await response.json()) as { key: string; data?: { number: number } }[];
    const found = new Map(items.map(({ key, data }) => [key, data?.number]));
    lost.push(...numbers.filter((number) => found.get(`write-${number}`) !== number));
  }
  return lost;
}
