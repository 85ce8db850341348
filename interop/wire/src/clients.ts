import { equal, ok } from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { NotBuilt, temporaryFolder, type Verdicts } from "@trilby/interop-judging";
import { startPlainServer } from "./plain-server.ts";

const execute = promisify(execFile);

/** curl, nghttp and h2load as clients of a plain handler on the wire: prior knowledge, TLS, a unix socket. */
export async function judgeByClients({ check }: Verdicts): Promise<void> {
  for (const [program, debian] of [
    ["curl", "curl"],
    ["h2load", "nghttp2-client"],
    ["nghttp", "nghttp2-client"],
  ] as const)
    await execute(program, ["--version"]).catch(() => {
      throw new NotBuilt(`there is no ${program}: apt-get install ${debian}`);
    });
  const server = await startPlainServer();
  const folder = temporaryFolder();
  const plain = `http://127.0.0.1:${server.port}`;
  const tls = `https://127.0.0.1:${server.tlsPort}`;
  const body = join(folder.path, "body");
  const back = join(folder.path, "back");
  const content = randomBytes(5_000_000);
  writeFileSync(body, content);
  const small = join(folder.path, "small");
  writeFileSync(small, content.subarray(0, 20_000));
  const cameBack = (expected: Buffer): void => ok(readFileSync(back).equals(expected), "another body came back");

  try {
    for (const [name, words] of [
      ["prior knowledge", ["--http2-prior-knowledge", plain]],
      ["TLS", ["--http2", "--insecure", tls]],
      ["a unix socket", ["--http2-prior-knowledge", "--unix-socket", server.path, "http://localhost/"]],
    ] as const) {
      await check(`curl, ${name}: a body comes`, async () => {
        const { stdout } = await execute("curl", ["-sS", "-w", " %{http_version} %{http_code}", ...words]);
        equal(stdout, "hello 2 200");
      });
      await check(`curl, ${name}: 5 MB go and come back`, async () => {
        await execute("curl", ["-sS", "--fail", "--data-binary", `@${body}`, "-o", back, ...words]);
        cameBack(content);
      });
    }
    await check("curl: 200 requests side by side", async () => {
      // By TLS: curl 7.88 fails at prior knowledge here, with any server.
      const words = ["-sS", "--fail", "--parallel", "--http2", "--insecure", `${tls}/[1-200]`];
      const { stdout } = await execute("curl", words);
      equal(stdout, "hello".repeat(200));
    });
    for (const [name, words] of [
      ["padding", ["--padding=200"]],
      ["a window of 15 bytes", ["--window-bits=4"]],
      ["no header table", ["--header-table-size=0"]],
      ["a table that shrinks", ["--header-table-size=100", "--encoder-header-table-size=0"]],
      ["trailers", ["--trailer=x-last: one"]],
    ] as const) {
      await check(`nghttp with ${name}: a body goes and comes back`, async () => {
        const data = name === "a window of 15 bytes" ? small : body;
        const { stdout } = await execute("nghttp", [`--data=${data}`, "--timeout=60", ...words, `${plain}/echo`], {
          encoding: "buffer",
          maxBuffer: 2 ** 26,
        });
        ok(stdout.equals(readFileSync(data)), `${stdout.length} other bytes came back`);
      });
    }
    for (const [name, words] of [
      ["plain", ["-n20000", "-c4", "-m64", plain]],
      ["one stream at a time", ["-n2000", "-c10", "-m1", plain]],
      ["TLS", ["-n10000", "-c4", "-m64", tls]],
      ["a unix socket", ["-n10000", "-c4", "-m64", `--base-uri=unix:${server.path}`, "http://localhost/"]],
      ["bodies of 20 KB", ["-n2000", "-c4", "-m32", `--data=${small}`, plain]],
      ["small windows", ["-n1000", "-c4", "-m32", "-w10", "-W12", `--data=${small}`, plain]],
    ] as const) {
      await check(`h2load, ${name}: every request is answered`, async () => {
        const { stdout } = await execute("h2load", [...words]);
        const total = words[0].slice(2);
        ok(stdout.includes(` ${total} done, ${total} succeeded, 0 failed, 0 errored, 0 timeout`), stdout);
        ok(stdout.includes(`status codes: ${total} 2xx`), stdout);
      });
    }
  } finally {
    await server.close();
    folder.remove();
  }
}
