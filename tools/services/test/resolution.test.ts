import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { NotRunnable, startService } from "@trilby/services";
import { isAlive } from "../src/alive.ts";

const here = import.meta.dirname;

afterEach(() => vi.unstubAllEnvs());

test("an address from the environment comes first, and is not ours to break", async () => {
  vi.stubEnv("TRILBY_KAFKA_BROKERS", "one.example:9093,two.example:9093");
  const kafka = await startService("kafka");
  assert.equal(kafka.source, "environment");
  assert.equal(kafka.address, "one.example:9093");
  assert.equal(kafka.url, "one.example:9093,two.example:9093");
  await assert.rejects(kafka.kill(), NotRunnable);
  await assert.rejects(kafka.restart(), NotRunnable);
  await kafka.stop();
});

test("a suite that breaks its server, or wants it different, gets its own", async () => {
  vi.stubEnv("TRILBY_REDIS_URL", "redis://one.example");
  assert.equal((await startService("redis")).address, "one.example:6379");
  for (const options of [{ killable: true }, { password: "secret" }]) {
    const redis = await startService("redis", options);
    assert.equal(redis.host, "127.0.0.1");
    await redis.stop();
  }
});

test("a server ends with the process that started it", async () => {
  const script = join(here, "leave-behind.ts");
  const left = spawnSync(process.execPath, [script, "redis", "postgres", "mosquitto"], { encoding: "utf8" });
  assert.equal(left.signal, "SIGKILL", left.stderr);
  const pids = left.stdout.split(" ").map(Number);
  assert.equal(pids.length, 3);
  await vi.waitFor(() => assert.deepEqual(pids.filter(isRunning), []), { timeout: 10_000 });
});

test("a server that cannot be had is a skipped test by name, and a failed one in CI", () => {
  const relaxed = runAbsentSuite({});
  assert.equal(relaxed.status, 0, relaxed.stdout);
  expect(relaxed.stdout).toContain("NOT RUN vault: no server here. Run tools/services/install/vault");
  const strict = runAbsentSuite({ CI: "true" });
  assert.equal(strict.status, 1);
  expect(strict.stdout).toContain("NOT RUN vault: no server here. Run tools/services/install/vault");
});

function runAbsentSuite(environment: Record<string, string>) {
  const { CI: _, ...rest } = process.env;
  const vitest = join(here, "../node_modules/vitest/vitest.mjs");
  const config = join(here, "absent/vitest.config.ts");
  return spawnSync(
    process.execPath,
    [vitest, "run", "--reporter=verbose", "--config", config, "--root", dirname(config)],
    {
      encoding: "utf8",
      env: { ...rest, PATH: "/nowhere", DOCKER_HOST: "unix:///nowhere", TRILBY_CACHE: "/nowhere", ...environment },
    },
  );
}

// A process nobody has waited for yet still has an id.
function isRunning(pid: number): boolean {
  if (!isAlive(pid)) return false;
  const state = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).stdout;
  return state !== "" && !state.startsWith("Z");
}
