import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import type { ComponentError } from "@trilby/kit";
import { isNotInitialised, listServices, remotePubSub, remoteStateStore } from "@trilby/kit/client";
import { string, temporaryFolder, text } from "../transport/fixture.ts";
import { channelTo } from "./fixture.ts";

interface Running {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly log: () => string;
  readonly exit: Promise<[code: number | null, signal: string | null]>;
}

function start(args: string[], environment: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, [join(import.meta.dirname, "component-process.ts"), ...args], {
    env: { ...process.env, ...environment },
    stdio: ["pipe", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const collected = { output: "", log: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (collected.output += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (collected.log += chunk));
  const exit = once(child, "exit") as Running["exit"];
  return { child, output: () => collected.output, log: () => collected.log, exit };
}

async function startReady(folder: string, environment: Record<string, string> = {}): Promise<Running> {
  const running = start(["--sockets-folder", folder], environment);
  await expect.poll(running.output, { timeout: 15_000 }).toContain("drawer.sock");
  return running;
}

const anyhow = { concurrency: "", consistency: "" } as const;
const write = (key: string, value = "") => ({ key, value: text(value), options: anyhow, metadata: {} });
const read = (key: string) => ({ key, consistency: "", metadata: {} }) as const;
const connected = async (path: string) => {
  const channel = await channelTo(path);
  await channel.ready(10_000);
  return channel;
};

test("every kind is served on the socket of its name, aliases too, and the sockets go with the process", async () => {
  const folder = join(await temporaryFolder(), "sockets");
  const running = start([], { DAPR_COMPONENTS_SOCKETS_FOLDER: folder, DAPR_COMPONENT_SOCKETS_FOLDER: "/nowhere" });
  const sockets = ["bell.sock", "board.sock", "kitchen.drawer.sock", "puppet.sock", "shelf.sock"];
  await expect.poll(() => running.output().split("\n").length, { timeout: 15_000 }).toBe(sockets.length + 1);
  expect(running.output().trim().split("\n").toSorted()).toEqual(
    sockets.map((name) => `trilby component ready ${join(folder, name)}`),
  );
  expect((await readdir(folder)).toSorted()).toEqual(sockets);
  expect((await stat(join(folder, "shelf.sock"))).mode & 0o777).toBe(0o600);
  const listed = await listServices(await connected(join(folder, "puppet.sock")), 5000);
  expect(listed).toEqual(
    expect.arrayContaining(["dapr.proto.components.v1.PubSub", "dapr.proto.components.v1.StateStore"]),
  );
  running.child.kill("SIGTERM");
  expect(await running.exit).toEqual([0, null]);
  expect(await readdir(folder)).toEqual([]);
});

test("kill -9 and a new process: Init and subscribe again, and all works on the same channel", async () => {
  const folder = await temporaryFolder();
  const first = await startReady(folder);
  const channel = await connected(join(folder, "puppet.sock"));
  const bus = (await remotePubSub(channel, "bus").init({})).instance;
  const rogue = (await remoteStateStore(channel, "rogue").init({})).instance;
  const lost = Promise.withResolvers<ComponentError>();
  await bus.subscribe({ topic: "orders", metadata: {} }, async () => undefined, lost.resolve);
  const hanging = expect(rogue.set(write("hang"))).rejects.toMatchObject({ code: "unavailable" });
  await sleep(50);
  first.child.kill("SIGKILL");
  await first.exit;
  expect(await lost.promise).toMatchObject({ code: "unavailable" });
  await hanging;

  const second = await startReady(folder);
  const back = Date.now();
  await channel.ready(5000);
  const forgotten = await rogue.get(read("a")).catch((error: unknown) => error);
  expect(isNotInitialised(forgotten)).toBe(true);
  await remotePubSub(channel, "bus").init({});
  await remoteStateStore(channel, "rogue").init({});
  const received = Promise.withResolvers<string>();
  await bus.subscribe({ topic: "orders", metadata: {} }, async ({ data }) => received.resolve(string(data)));
  await rogue.set(write("deliver", "again"));
  expect(await received.promise).toBe("again");
  expect(Date.now() - back).toBeLessThan(1000);
  await expect.poll(second.log).toContain("handled again");
});

test("SIGTERM waits for the message under way", async () => {
  const folder = await temporaryFolder();
  const running = await startReady(folder);
  const channel = await connected(join(folder, "puppet.sock"));
  const bus = (await remotePubSub(channel, "bus").init({})).instance;
  const rogue = (await remoteStateStore(channel, "rogue").init({})).instance;
  const handling = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  await bus.subscribe({ topic: "orders", metadata: {} }, () => {
    handling.resolve();
    return release.promise;
  });
  await rogue.set(write("deliver", "slow"));
  await handling.promise;
  running.child.kill("SIGTERM");
  await expect.poll(running.log).toContain("SIGTERM: closing");
  await sleep(100);
  expect(running.child.exitCode).toBeNull();
  release.resolve();
  expect(await running.exit).toEqual([0, null]);
  expect(running.log()).toContain("handled slow");
});

test("a message that nobody answers does not keep the process", async () => {
  const folder = await temporaryFolder();
  const running = await startReady(folder);
  const channel = await connected(join(folder, "puppet.sock"));
  const bus = (await remotePubSub(channel, "bus").init({})).instance;
  const rogue = (await remoteStateStore(channel, "rogue").init({})).instance;
  const handling = Promise.withResolvers<void>();
  await bus.subscribe({ topic: "orders", metadata: {} }, () => {
    handling.resolve();
    return new Promise(() => undefined);
  });
  await rogue.set(write("deliver", "stuck"));
  await handling.promise;
  running.child.kill("SIGTERM");
  expect(await running.exit).toEqual([0, null]);
  expect(running.log()).toContain("not handled stuck: cancelled");
}, 20_000);

test("a child ends when its parent's end of standard input closes, and only if it is told to", async () => {
  const folder = await temporaryFolder();
  const child = await startReady(join(folder, "child"), { TRILBY_PARENT: "stdin" });
  const alone = await startReady(join(folder, "alone"));
  child.child.stdin!.end();
  alone.child.stdin!.end();
  expect(await child.exit).toEqual([0, null]);
  expect(child.log()).toContain("the parent process is gone");
  expect(await readdir(join(folder, "child"))).toEqual([]);
  await listServices(await connected(join(folder, "alone", "shelf.sock")), 5000);
});

test("a rejection that nobody handles is logged, and other instances go on", async () => {
  const folder = await temporaryFolder();
  const running = await startReady(folder, { TRILBY_LOG_FORMAT: "json" });
  const rogue = (await remoteStateStore(await connected(join(folder, "puppet.sock")), "rogue").init({})).instance;
  const shelf = (await remoteStateStore(await connected(join(folder, "shelf.sock")), "shelf").init({})).instance;
  await rogue.set(write("reject"));
  await expect.poll(running.log).toContain("nobody handles this");
  expect(JSON.parse(running.log().split("\n")[0]!)).toMatchObject({
    level: "error",
    msg: "a promise was rejected and nobody handled it",
  });
  await shelf.set(write("a", "1"));
  expect(string((await shelf.get(read("a")))!.data)).toBe("1");
});

test("an exception that nobody catches is logged and ends the process", async () => {
  const folder = await temporaryFolder();
  const running = await startReady(folder);
  const rogue = (await remoteStateStore(await connected(join(folder, "puppet.sock")), "rogue").init({})).instance;
  await rogue.set(write("throw")).catch(() => undefined);
  expect(await running.exit).toEqual([1, null]);
  expect(running.log()).toContain("nobody catches this");
});

test("a socket that is served already is an error, and what was opened before is closed", async () => {
  const folder = await temporaryFolder();
  await startReady(folder);
  const second = start(["--sockets-folder", folder]);
  expect(await second.exit).toEqual([1, null]);
  expect(second.log()).toMatch(/Another process serves the socket .*\.sock\. Stop it, or choose another socket path\./);
});

test("the command line: help, version, metadata, and what is not known", async () => {
  const [help, version, metadata, unknown, both] = ["--help", "--version", "--metadata", "--nonsense"]
    .map((each) => start([each]))
    .concat(start(["--socket", "/tmp/x.sock", "--name", "x"]));
  expect(await help!.exit).toEqual([0, null]);
  expect(help!.output()).toContain("--sockets-folder");
  expect(await version!.exit).toEqual([0, null]);
  expect(version!.output()).toBe(
    "state.shelf, pubsub.puppet, state.puppet, bindings.bell, secretstores.kitchen.drawer 1.2.3\n",
  );
  expect(await metadata!.exit).toEqual([0, null]);
  expect(JSON.parse(metadata!.output())).toMatchObject([{ type: "state", name: "shelf" }, {}, {}, {}, {}]);
  expect(await unknown!.exit).toEqual([1, null]);
  expect(unknown!.log()).toContain("--nonsense");
  expect(await both!.exit).toEqual([1, null]);
  expect(both!.log()).toContain("leave --name out");
});

test("--socket with two declarations of one kind is an error that names them", async () => {
  const running = start(["--socket", join(await temporaryFolder(), "x.sock")]);
  expect(await running.exit).toEqual([1, null]);
  expect(running.log()).toContain("state.puppet and state.shelf would both answer for state on");
});
