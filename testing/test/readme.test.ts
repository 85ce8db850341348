import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { test } from "vitest";

const folder = new URL("..", import.meta.url);
const [example, withSdk] = [
  ...(await readFile(new URL("README.md", folder), "utf8")).matchAll(/^```ts\n(.*?)^```$/gms),
].map((match) => match[1]!);

function run(source: string): string {
  const words = ["--disable-warning=ExperimentalWarning", "--input-type=module-typescript", "--eval", source];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, {
    cwd: folder,
    encoding: "utf8",
    timeout: 15_000,
  });
  assert.equal(status, 0, `${stdout}${stderr}`);
  return stdout;
}

test("the example passes", () => {
  assert.match(run(example!), /^# pass 1$|^ℹ pass 1$/m);
});

test("the example with the server of an SDK gets what is published", () => {
  const imports = example!.match(/^import .*@trilby.*$/gm)!.join("\n");
  const output = run(`${imports}\n${withSdk}
    const log = console.log;
    const seen = new Promise((resolve) => (console.log = (data) => (log(data), data.order && resolve())));
    await host.publish("orders", "placed", { order: 1 });
    await seen;
    await host.stop();
  `);
  assert.match(output, /\{ order: 1 \}/);
});
