import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import { jsonFormat, logTime, terminalFormat, textFormat } from "../../src/observability/log-line.ts";
import { openLog } from "../../src/observability/open-log.ts";

const identity = { appId: "my app", instance: "host-1", version: "1.2.3" };
const time = "2026-01-02T03:04:05.123456000Z";

describe("a line of text", () => {
  const format = textFormat(identity);

  test("has the fields of Dapr in their order", () => {
    expect(format("info", "dapr.runtime", time, "it works", undefined)).toBe(
      `time="${time}" level=info msg="it works" app_id="my app" instance=host-1 scope=dapr.runtime type=log ver=1.2.3\n`,
    );
  });

  test("sorts its own fields among them", () => {
    const fields = { zeta: 1, code: 204, error: new Error("no"), list: [1, "a"], left: undefined, sure: true };
    expect(format("warning", "s", time, "plain", fields)).toBe(
      `time="${time}" level=warning msg=plain app_id="my app" code=204 error=no instance=host-1 list="[1,\\"a\\"]" scope=s sure=true type=log ver=1.2.3 zeta=1\n`,
    );
  });

  test("stays one line, whatever is in it", () => {
    const line = format("error", "s", time, 'a\nb\r"c"\\\x00\x7f', { field: "x=y z\n" });
    expect(line).toContain('msg="a\\nb\\r\\"c\\"\\\\\\x00\\x7f"');
    expect(line).toContain('field="x=y z\\n"');
    expect(line.trimEnd()).not.toMatch(/[\r\n]/);
  });
});

test("a line of JSON has sorted keys and keeps numbers", () => {
  const cyclic: Record<string, unknown> = {};
  cyclic["self"] = cyclic;
  const line = jsonFormat(identity)("debug", "s", time, "<a>\n", {
    code: 5,
    zeta: "é",
    error: new Error("no"),
    cyclic,
  });
  expect(line).toBe(
    `{"app_id":"my app","code":5,"cyclic":"unprintable","error":"no","instance":"host-1","level":"debug","msg":"\\u003ca\\u003e\\n","scope":"s","time":"${time}","type":"log","ver":"1.2.3","zeta":"é"}\n`,
  );
});

test("at a terminal a line is short and coloured", () => {
  const line = terminalFormat(identity)("error", "s", time, "no", { code: 5 });
  const colour = (text: string): string => `\u001b[31m${text}\u001b[0m`;
  expect(
    line.startsWith(`${colour("ERRO")}[0000] no${" ".repeat(44)}${colour("app_id")}="my app" ${colour("code")}=5 `),
  ).toBe(true);
});

test("times have nine digits of a second and never go back", () => {
  const times = Array.from({ length: 1000 }, logTime);
  for (const each of times) expect(each).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}(Z|[+-]\d\d:\d\d)$/);
  expect(times.toSorted()).toEqual(times);
  expect(Math.abs(Date.parse(times[0]!) - Date.now())).toBeLessThan(2000);
});

describe("the log file", () => {
  const folder = mkdtempSync(join(tmpdir(), "trilby-log-"));
  const file = join(folder, "daprd.log");

  test("is appended to, down to the level", async () => {
    for (const run of [1, 2]) {
      const log = openLog({ level: "warn", json: true, file }, { appId: "a", version: "1" });
      const logger = log.scope("s");
      logger.debug("no");
      logger.info("no");
      logger.warn(`warn ${run}`);
      logger.error(`error ${run}`);
      log.fatal("s", `fatal ${run}`);
      await log.flush();
    }
    const lines = readFileSync(file, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
      ["warning", "warn 1"],
      ["error", "error 1"],
      ["fatal", "fatal 1"],
      ["warning", "warn 2"],
      ["error", "error 2"],
      ["fatal", "fatal 2"],
    ]);
    rmSync(folder, { recursive: true });
  });
});

test("standard output gets every line, also those just before the process ends", () => {
  const module = new URL("../../src/observability/open-log.ts", import.meta.url).href;
  const program = `import { openLog } from ${JSON.stringify(module)};
    const log = openLog({ level: "info", json: false, file: undefined }, { appId: "a", version: "1" });
    for (let line = 0; line < 5000; line++) log.scope("s").info("line " + line);
    process.exit(0);`;
  const { stdout, status } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    encoding: "utf8",
    maxBuffer: 1 << 24,
  });
  expect(status).toBe(0);
  const lines = stdout.trimEnd().split("\n");
  expect(lines).toHaveLength(5000);
  expect(lines[4999]).toContain('msg="line 4999"');
});
