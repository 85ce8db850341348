import assert from "node:assert/strict";
import { expect, test } from "vitest";
import { describeService } from "@trilby/services/vitest";
import { send } from "./resp.ts";

describeService("redis-stack", (redis) => {
  test("has JSON and Search", async () => {
    assert.equal(await send(redis, "FT.CREATE index ON JSON SCHEMA $.size AS size NUMERIC"), "+OK");
    assert.equal(await send(redis, "JSON.SET document $ '{\"size\":7}'"), "+OK");
    expect(await send(redis, 'FT.SEARCH index "@size:[7 7]"')).toContain("document");
  });
});
