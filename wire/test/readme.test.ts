import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("the examples of the README, one after the other, print what they say", async () => {
  const readme = await readFile(join(import.meta.dirname, "..", "README.md"), "utf8");
  const program = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code).join("\n");
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--conditions=@trilby/source", "--input-type=module-typescript", "--eval", program],
    { cwd: import.meta.dirname, timeout: 15_000 },
  );
  expect(stdout.trim().split("\n")).toEqual(["hello", "0", "1", "2", "200 you asked for /orders"]);
});
