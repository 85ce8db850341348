import assert from "node:assert/strict";
import { test } from "vitest";
import { describeService } from "@trilby/services/vitest";

describeService("vault", () => {
  test("never runs", () => assert.fail("There is no vault"));
});
