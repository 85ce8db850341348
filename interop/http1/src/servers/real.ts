import { equal, ok } from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { buildGo, buildPython, NotBuilt, type Verdicts } from "@trilby/interop-judging";
import { createHttp1Client, type Http1Client } from "@trilby/wire/http1";

const folder = join(import.meta.dirname, "..", "..");

/** Real application servers: what they answer must be read. */
export async function judgeByRealServers(verdicts: Verdicts): Promise<void> {
  const server = await startNode();
  await judge(verdicts, "node:http", server.port);
  server.close();

  const python = (): string => buildPython("http1-python", join(folder, "python"));
  const byName: Record<string, () => readonly [program: string, words: readonly string[]]> = {
    "Go's net/http": () => [buildGo("http1", join(folder, "go"), ["build"]), ["serve"]],
    "Python's http.server": () => [python(), [join(folder, "python", "serve.py"), "http.server"]],
    "Python's http.server in HTTP/1.0": () => [python(), [join(folder, "python", "serve.py"), "http.server-1.0"]],
    uvicorn: () => [python(), [join(folder, "python", "serve.py"), "uvicorn"]],
    gunicorn: () => [python(), [join(folder, "python", "serve.py"), "gunicorn"]],
    "aiohttp's server": () => [python(), [join(folder, "python", "serve.py"), "aiohttp"]],
    "the JDK's server": () => {
      if (spawnSync("java", ["-version"]).status !== 0) throw new NotBuilt("there is no java: install a JDK 17");
      return ["java", ["-XX:TieredStopAtLevel=1", join(folder, "java", "Server.java")]];
    },
  };
  for (const [name, command] of Object.entries(byName)) {
    try {
      const [program, words] = command();
      const { child, port } = await startProgram(program, words);
      try {
        await judge(verdicts, name, port);
      } finally {
        child.stdin!.end();
        const timer = setTimeout(() => child.kill("SIGKILL"), 3_000);
        if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
        clearTimeout(timer);
      }
    } catch (error) {
      if (!(error instanceof NotBuilt)) throw error;
      verdicts.notRun(name, error.message);
    }
  }
}

async function judge({ check }: Verdicts, name: string, port: number): Promise<void> {
  const client = createHttp1Client({ host: "127.0.0.1", port }, { maxBodyBytes: 100_000_000 });
  try {
    await check(`${name}: bodies come, with a length, in chunks and until the end`, async () => {
      for (const count of [0, 1, 5_000, 65_536, 3_000_000])
        for (const how of ["?length", "", "?close", "?length&close"])
          await comes(client, `/bytes/${count}${how}`, count);
    });
    await check(`${name}: bodies go and come back`, async () => {
      for (const size of [0, 1, 1_000, 70_000, 3_000_000]) {
        const body = Buffer.alloc(size, "y");
        const answer = await client.send(client.prepare("POST", "/echo"), { body, timeoutMs: 20_000 });
        equal(answer.status, 200);
        ok(body.equals(answer.body), `${answer.body.length} bytes came back of ${size}`);
      }
    });
    await check(`${name}: answers without a body, and others`, async () => {
      for (const status of [200, 204, 304, 404, 500])
        equal((await client.send(client.prepare("GET", `/status/${status}`), { timeoutMs: 20_000 })).status, status);
    });
    await check(`${name}: 40 in turn and 400 by 32`, async () => {
      // Those that send head and body apart, and let Nagle wait, take 40 ms for each.
      for (let at = 0; at < 40; at++) await comes(client, `/bytes/${at}?length`, at);
      let next = 0;
      await Promise.all(
        Array.from({ length: 32 }, async () => {
          while (next < 400) await comes(client, `/bytes/${next}?length`, next++);
        }),
      );
    });
  } finally {
    client.close();
  }
}

async function comes(client: Http1Client, path: string, count: number): Promise<void> {
  const { status, body } = await client.send(client.prepare("GET", path), { timeoutMs: 20_000, repeatable: true });
  equal(`${status} ${body.length}`, `200 ${count}`, path);
  ok(body.every((byte) => byte === 120));
}

async function startNode(): Promise<{ port: number; close(): void }> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, "http://localhost");
    const [, kind, value] = pathname.split("/");
    if (kind === "echo") return void request.pipe(response);
    if (kind === "status") return void response.writeHead(Number(value)).end();
    if (searchParams.has("length")) response.setHeader("Content-Length", value!);
    if (searchParams.has("close")) response.setHeader("Connection", "close");
    for (let left = Number(value); left > 0; left -= 10_000) response.write("x".repeat(Math.min(left, 10_000)));
    response.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function startProgram(program: string, words: readonly string[]): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(program, words, {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, NODE_OPTIONS: undefined },
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), 30_000);
  for await (const line of createInterface({ input: child.stdout })) {
    const [, port] = /^port (\d+)$/.exec(line) ?? [];
    if (port === undefined) continue;
    clearTimeout(timer);
    return { child, port: Number(port) };
  }
  throw new Error(`${program} ${words.join(" ")} said no port`);
}
