import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

import { terminalFormat, textLine, type LogRecord } from "../../src/observability/log-line.ts";
import { logTime } from "../../src/observability/log-time.ts";
import { openLog } from "../../src/observability/open-log.ts";

const time = "2026-01-02T03:04:05.123456000Z";

function record(level: LogRecord["level"], msg: string, fields: Record<string, unknown> = {}): LogRecord {
  return { level, time, app_id: "my app", instance: "host-1", type: "log", ver: "1.2.3", scope: "s", ...fields, msg };
}

describe("a line of text", () => {
  test("has the fields of Dapr in their order", () => {
    expect(textLine(record("info", "it works", { scope: "dapr.runtime" }))).toBe(
      `time="${time}" level=info msg="it works" app_id="my app" instance=host-1 scope=dapr.runtime type=log ver=1.2.3\n`,
    );
  });

  test("sorts its own fields among them", () => {
    const fields = { zeta: 1, code: 204, list: [1, "a"], sure: true };
    expect(textLine(record("warning", "plain", fields))).toBe(
      `time="${time}" level=warning msg=plain app_id="my app" code=204 instance=host-1 list="[1,\\"a\\"]" scope=s sure=true type=log ver=1.2.3 zeta=1\n`,
    );
  });

  test("stays one line, whatever is in it", () => {
    const line = textLine(record("error", 'a\nb\r"c"\\\x00\x7f', { field: "x=y z\n" }));
    expect(line).toContain('msg="a\\nb\\r\\"c\\"\\\\\\x00\\x7f"');
    expect(line).toContain('field="x=y z\\n"');
    expect(line.trimEnd()).not.toMatch(/[\r\n]/);
  });
});

test("at a terminal a line is short and coloured", () => {
  const line = terminalFormat()(record("error", "no", { code: 5 }));
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
  afterAll(() => rmSync(folder, { recursive: true }));
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
    expect(lines[0]).toMatchObject({ app_id: "a", scope: "s", type: "log", ver: "1" });
  });

  test("takes any field: errors by their message, what cannot be shown without failing", async () => {
    const cyclic: Record<string, unknown> = {};
    cyclic["self"] = cyclic;
    const json = join(folder, "json.log");
    const text = join(folder, "text.log");
    const fields = { error: new Error("no"), left: undefined, cyclic, large: 2n ** 60n, code: 5 };
    for (const [file, asJson] of [
      [json, true],
      [text, false],
    ] as const) {
      const log = openLog({ level: "debug", json: asJson, file }, { appId: "a", version: "1" });
      log.scope("s").debug("<é>\n", fields);
      await log.flush();
    }
    expect(JSON.parse(readFileSync(json, "utf8"))).toMatchObject({ msg: "<é>\n", error: "no", code: 5 });
    expect(readFileSync(text, "utf8")).toMatch(
      /level=debug msg="<é>\\n" app_id=a code=5 cyclic=.* error=no instance=.*\n$/,
    );
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

test("many logs are finished by one listener", () => {
  const module = new URL("../../src/observability/open-log.ts", import.meta.url).href;
  const program = `import { openLog } from ${JSON.stringify(module)};
    const open = () => openLog({ level: "info", json: false, file: undefined }, { appId: "a", version: "1" });
    const before = process.listenerCount("exit");
    const logs = Array.from({ length: 20 }, open);
    for (const [index, log] of logs.entries()) log.scope("s").info("log " + index);
    await logs[0].flush();
    for (const [index, log] of logs.entries()) log.scope("s").info("log " + index + " again");
    logs[1].scope("s").info("listeners: " + (process.listenerCount("exit") - before));
    process.exit(0);`;
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
  expect(stdout.trimEnd().split("\n")).toHaveLength(41);
  expect(stdout).toContain('msg="listeners: 1"');
});
