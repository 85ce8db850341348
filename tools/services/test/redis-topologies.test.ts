import assert from "node:assert/strict";
import { expect, test, vi } from "vitest";
import { describeService } from "@trilby/services/vitest";
import { send } from "./resp.ts";

describeService("redis-cluster", (cluster) => {
  test("spreads the slots over three primaries", async () => {
    const { nodes } = cluster;
    assert.equal(nodes.length, 3);
    const answers = await Promise.all(nodes.map((node) => send(node, "SET some-key yes")));
    assert.equal(answers.filter((answer) => answer === "+OK").length, 1);
    assert.equal(answers.filter((answer) => /^-MOVED \d+ 127\.0\.0\.1:\d+$/.test(answer)).length, 2);
  });
});

describeService("redis-sentinel", { killable: true }, (sentinel) => {
  test("makes the replica the primary when the primary is killed", async () => {
    const { primary, replica, sentinels, primaryName } = sentinel;
    await send(primary, "SET kept yes");
    assert.match(await send(primary, "WAIT 1 5000"), /:1/);
    await primary.kill();
    await vi.waitFor(
      async () => {
        const answer = await send(sentinels[1]!, `SENTINEL GET-MASTER-ADDR-BY-NAME ${primaryName}`);
        expect(answer).toContain(String(replica.port));
        expect(await send(replica, "ROLE")).toContain("master");
      },
      { timeout: 15_000, interval: 100 },
    );
    expect(await send(replica, "GET kept")).toContain("yes");
  });
});
