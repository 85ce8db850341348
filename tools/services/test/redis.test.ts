import assert from "node:assert/strict";
import { expect, test } from "vitest";
import { describeService } from "@trilby/services/vitest";
import { send } from "./resp.ts";

describeService("redis", { killable: true }, (redis) => {
  test("keeps its data and port over SIGKILL", async () => {
    assert.equal(await send(redis, "SET kept yes"), "+OK");
    const before = redis.pid;
    await redis.kill();
    assert.equal(redis.pid, undefined);
    await assert.rejects(send(redis, "PING"), /ECONNREFUSED/);
    await redis.restart();
    assert.notEqual(redis.pid, before);
    expect(await send(redis, "GET kept")).toContain("yes");
  });

  test("keeps its data over a graceful restart", async () => {
    await send(redis, "SET graceful yes");
    await redis.restart();
    expect(await send(redis, "GET graceful")).toContain("yes");
  });

  test("answers nothing while paused", async () => {
    await redis.pause();
    const answer = send(redis, "PING");
    const early = await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 100, "silence"))]);
    await redis.resume();
    assert.equal(early, "silence");
    assert.equal(await answer, "+PONG");
  });
});

describeService("redis", { password: "quiet please", tls: "mutual" }, (redis) => {
  test("asks for the password over TLS with both certificates", async () => {
    assert.match(redis.url, /^rediss:\/\/:quiet%20please@127\.0\.0\.1:\d+$/);
    assert.match(await send(redis, "PING"), /NOAUTH/);
    assert.equal(await send(redis, 'AUTH "quiet please"'), "+OK");
  });
});
