import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { conform } from "@trilby/conformance/vitest";
import { afterAll } from "vitest";
import definition from "../src/index.ts";

const folder = mkdtempSync(join(tmpdir(), "trilby-sqlite-"));
afterAll(() => rmSync(folder, { recursive: true }));

conform(definition, {
  package: new URL("..", import.meta.url),
  properties: { connectionString: join(folder, "state.db"), busyTimeout: "20s" },
});
