import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished, test } from "vitest";

import { lines } from "../../src/components/placements/lines.ts";
import { manifest, projectWithFixtures, scratch, write } from "./world.ts";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const free = ["--dapr-http-port=0", "--dapr-grpc-port=0", "--metrics-port=0", "--dapr-listen-addresses=127.0.0.1"];

interface Daemon {
  readonly process: ChildProcess;
  readonly output: readonly string[];
  /** Resolves at the first line from now on that matches; to what the pattern's group matched. */
  seen(pattern: RegExp): Promise<string>;
  /** Resolves to the exit code. */
  readonly exit: Promise<number | null>;
}

function trilbyd(argv: readonly string[], environment: NodeJS.ProcessEnv = {}): Daemon {
  const child = spawn(process.execPath, [main, ...argv], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const output: string[] = [];
  const waiting = new Set<(line: string) => void>();
  const take = (line: string): void => {
    output.push(line);
    for (const each of waiting) each(line);
  };
  lines(child.stdout, take);
  lines(child.stderr, take);
  return {
    process: child,
    output,
    exit: once(child, "close").then(([code]) => code as number | null),
    seen: (pattern) =>
      new Promise((resolve, reject) => {
        waiting.add((line) => {
          const match = pattern.exec(line);
          if (match) resolve(match[1] ?? "");
        });
        child.once("close", () => reject(new Error(`ended without ${pattern}:\n${output.join("\n")}`)));
      }),
  };
}

async function started(
  argv: readonly string[] = [],
  environment?: NodeJS.ProcessEnv,
): Promise<Daemon & { readonly port: string }> {
  const daemon = trilbyd(["--app-id=shop", ...free, ...argv], environment);
  const [port] = await Promise.all([
    daemon.seen(/HTTP server listening on TCP address: 127.0.0.1:(\d+)/),
    daemon.seen(/dapr initialized/),
  ]);
  return { ...daemon, port };
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

test("flags that ask for no host, and flags that cannot be read", async () => {
  const version = trilbyd(["--version"]);
  assert.equal(await version.exit, 0);
  assert.match(version.output[0] ?? "", /^\d+\.\d+\.\d+$/);
  const help = trilbyd(["-h"]);
  assert.equal(await help.exit, 0);
  assert.ok(help.output.some((line) => line.includes("--resources-path")));
  const unknown = trilbyd(["--app-id=a", "--resource-path=x"]);
  assert.equal(await unknown.exit, 2);
  assert.equal(unknown.output[0], "unknown flag: --resource-path; did you mean --resources-path?");
  const mtls = trilbyd(["--app-id=a", "--enable-mtls"]);
  assert.equal(await mtls.exit, 1);
  const logFile = trilbyd(["--app-id=a", "--log-file=/nowhere/host.log"]);
  assert.equal(await logFile.exit, 1);
  assert.match(logFile.output.join("\n"), /the log cannot be opened: .*nowhere.*; correct --log-file/);
  assert.match(
    mtls.output.join("\n"),
    /level=fatal msg="Fatal error from runtime: --enable-mtls is not available in this version/,
  );
});

test("SIGTERM ends it in good order, with exit code 0 and daprd's last line", async () => {
  const folder = await projectWithFixtures({ "c.yaml": manifest("store", "state.fixture") });
  const daemon = await started([`--resources-path=${folder}`]);
  daemon.process.kill("SIGTERM");
  assert.equal(await daemon.exit, 0);
  assert.match(daemon.output.at(-1) ?? "", /Daprd shutdown gracefully/);
});

test("SIGTERM in the middle of the start ends it just as well", async () => {
  const folder = await projectWithFixtures({
    "c.yaml": manifest("store", "state.fixture", { init: "hang" }, "  initTimeout: 1m\n"),
  });
  const daemon = trilbyd(["--app-id=shop", ...free, `--resources-path=${folder}`]);
  await daemon.seen(/gRPC server listening/);
  daemon.process.kill("SIGTERM");
  assert.equal(await daemon.exit, 0);
});

test("a component that fails ends it with exit code 1; the last line says which, where, why", async () => {
  const folder = await projectWithFixtures({ "c.yaml": manifest("store", "state.fixtur") });
  const daemon = trilbyd(["--app-id=shop", ...free, `--resources-path=${folder}`]);
  assert.equal(await daemon.exit, 1);
  assert.match(
    daemon.output.at(-1) ?? "",
    /level=fatal msg="Fatal error from runtime: process component store error: \[INIT_COMPONENT_FAILURE\]: initialization error occurred for store \(state.fixtur\/v1\): couldn't find .*did you mean state.fixture\?.*c.yaml:1:1/,
  );
});

test("the shutdown API ends it: in good order with 0, forced with 1", async () => {
  const graceful = await started();
  await fetch(`http://127.0.0.1:${graceful.port}/v1.0/shutdown`, { method: "POST" });
  assert.equal(await graceful.exit, 0);
  const forced = await started();
  await fetch(`http://127.0.0.1:${forced.port}/v1.0/shutdown`, {
    method: "POST",
    headers: { "dapr-force-shutdown": "true" },
  });
  assert.equal(await forced.exit, 1);
});

test("SIGHUP starts it again in the same process, with files read anew", async () => {
  const folder = await projectWithFixtures({ "c.yaml": manifest("first", "state.fixture") });
  const daemon = await started([`--resources-path=${folder}`, "--placement=in-process"]);
  await write(folder, { "c.yaml": manifest("second", "state.fixture") });
  const again = daemon.seen(/Component loaded: (.*) \(state.fixture/);
  const initialised = daemon.seen(/dapr initialized/);
  daemon.process.kill("SIGHUP");
  assert.equal(await again, "second");
  await initialised;
  daemon.process.kill("SIGINT");
  assert.equal(await daemon.exit, 0);
});

test("kill -9 of the host leaves no child behind", async () => {
  const folder = await projectWithFixtures({ "c.yaml": manifest("store", "state.fixture", { keyPrefix: "none" }) });
  const temporary = await scratch();
  const daemon = await started([`--resources-path=${folder}`], { TMPDIR: temporary });
  const pid = Number(await (await fetch(`http://127.0.0.1:${daemon.port}/v1.0/state/store/pid`)).text());
  assert.ok(isAlive(pid));
  daemon.process.kill("SIGKILL");
  await daemon.exit;
  const deadline = performance.now() + 5000;
  while (isAlive(pid) && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(!isAlive(pid), `child ${pid} is still there`);
  const left = (await readdir(temporary)).filter((name) => name.startsWith("trilby-"));
  assert.deepEqual(left, []);
});

test("what nobody caught in an in-process component is logged, and the host goes on", async () => {
  const folder = await projectWithFixtures({ "c.yaml": manifest("store", "state.fixture", { keyPrefix: "none" }) });
  const daemon = await started([`--resources-path=${folder}`, "--placement=in-process"]);
  const thrown = daemon.seen(/(an exception was thrown and nobody caught it)/);
  const rejected = daemon.seen(/(a promise was rejected and nobody handled it)/);
  for (const key of ["throw", "reject"]) await fetch(`http://127.0.0.1:${daemon.port}/v1.0/state/store/${key}`);
  await Promise.all([thrown, rejected]);
  assert.equal((await fetch(`http://127.0.0.1:${daemon.port}/v1.0/healthz`)).status, 204);
});

test("--wait ends when the host serves", async () => {
  const daemon = await started();
  const waiter = trilbyd(["--wait", `--dapr-http-port=${daemon.port}`]);
  assert.equal(await waiter.exit, 0);
});

test("files of the log and JSON lines", async () => {
  const folder = await projectWithFixtures({});
  const daemon = trilbyd(["--app-id=shop", ...free, "--log-as-json", `--log-file=${join(folder, "host.log")}`]);
  const { readFile } = await import("node:fs/promises");
  const read = (): Promise<string> => readFile(join(folder, "host.log"), "utf8").catch(() => "");
  while (!(await read()).includes("dapr initialized")) await new Promise((resolve) => setTimeout(resolve, 20));
  daemon.process.kill("SIGTERM");
  assert.equal(await daemon.exit, 0);
  for (const line of (await read()).trim().split("\n"))
    assert.equal((JSON.parse(line) as { app_id: string }).app_id, "shop");
  assert.deepEqual(daemon.output, []);
});
