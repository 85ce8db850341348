import { equal, ok } from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { NotBuilt, temporaryFolder, type Verdicts } from "@trilby/interop-judging";
import type { Judged } from "../trilbyd.ts";

const execute = promisify(execFile);

/** curl and h2load. */
export async function judgeByCurl({ check }: Verdicts, { url }: Judged): Promise<void> {
  for (const [program, debian] of [
    ["curl", "curl"],
    ["h2load", "nghttp2-client"],
  ] as const)
    await execute(program, ["--version"]).catch(() => {
      throw new NotBuilt(`there is no ${program}: apt-get install ${debian}`);
    });
  const folder = temporaryFolder();
  const back = join(folder.path, "back");
  const curl = async (...words: string[]): Promise<string> => {
    const { stdout } = await execute("curl", ["-sS", "-m", "30", ...words], { maxBuffer: 2 ** 26 });
    return stdout;
  };
  const file = (size: number): string => {
    const path = join(folder.path, `item-${size}`);
    writeFileSync(path, `[{"key":"curl-${size}","value":"${"x".repeat(size)}"}]`);
    return path;
  };
  const save = `${url}/v1.0/state/store`;
  const status = ["-o", "/dev/null", "-w", "%{http_code}"];

  try {
    for (const [name, words] of [
      ["HTTP/1.1", ["--http1.1"]],
      ["HTTP/1.0", ["--http1.0"]],
      ["chunks", ["--http1.1", "-H", "Transfer-Encoding: chunked"]],
      ["Expect: 100-continue", ["--http1.1", "-H", "Expect: 100-continue"]],
      ["an upgrade to h2c", ["--http2"]],
      ["h2c by prior knowledge", ["--http2-prior-knowledge"]],
    ] as const) {
      for (const size of [1, 1_000, 64_000, 1_000_000, 4_000_000]) {
        await check(`curl, ${name}: a value of ${size} bytes goes and comes back`, async () => {
          equal(await curl(...words, ...status, "--data-binary", `@${file(size)}`, save), "204");
          equal(await curl(...words.slice(0, 1), "-o", back, "-w", "%{http_code}", `${save}/curl-${size}`), "200");
          ok(readFileSync(back, "latin1") === `"${"x".repeat(size)}"`, "another value came back");
        });
      }
    }
    await check("curl: 100 requests on one connection", async () => {
      const said = await curl("-o", "/dev/null", "-w", "%{num_connects}", `${save}/curl-1000?n=[1-100]`);
      equal(said, `1${"0".repeat(99)}`);
    });
    await check("curl: 200 requests side by side", async () => {
      const said = await curl(
        "--http1.1",
        "--parallel",
        "-o",
        "/dev/null",
        "-w",
        "%{http_code} ",
        `${save}/curl-1000?n=[1-200]`,
      );
      equal(said, "200 ".repeat(200));
    });
    await check("curl: HEAD", async () =>
      ok(/^HTTP\/1\.1 (200|204|404|405) /.test(await curl("-I", `${url}/v1.0/healthz`))),
    );
    await check("curl: OPTIONS", async () =>
      ok(Number(await curl("-X", "OPTIONS", ...status, `${url}/v1.0/metadata`)) < 500),
    );
    await check("curl: OPTIONS *", async () =>
      ok(Number(await curl("-X", "OPTIONS", "--request-target", "*", ...status, url)) < 500),
    );
    await check("curl: the absolute form, as to a proxy", async () =>
      equal(await curl("--request-target", `${save}/curl-1`, ...status, url), "200"),
    );
    await check("curl: a header that is sent twice, an empty one, one of 3,000 bytes", async () =>
      equal(
        await curl(
          "-H",
          "X: 1",
          "-H",
          "X: 2",
          "-H",
          "Y;",
          "-H",
          `Z: ${"z".repeat(3_000)}`,
          ...status,
          `${url}/v1.0/healthz`,
        ),
        "204",
      ),
    );
    await check("curl: a path in raw UTF-8", async () => equal(await curl(...status, `${save}/Zoë`), "204"));
    for (const words of [[], ["-H", "Transfer-Encoding: chunked"], ["-H", "Expect: 100-continue"]])
      await check(
        `curl: a body that is too large is refused, and the refusal is seen ${words.slice(1).join("")}`,
        async () => {
          const said = await curl("--http1.1", ...words, ...status, "--data-binary", `@${file(20_000_000)}`, save);
          ok(said === "400" || said === "413", `status ${said}`);
        },
      );
    for (const [name, words] of [
      ["64 connections", ["-n20000", "-c64"]],
      ["1 connection", ["-n5000", "-c1"]],
      ["pipelined, 16 at once", ["-n20000", "-c16", "-m16"]],
    ] as const) {
      await check(`h2load, ${name}: every request is answered`, async () => {
        const { stdout } = await execute("h2load", ["--h1", ...words, `${save}/curl-1000`]);
        const total = words[0].slice(2);
        ok(stdout.includes(` ${total} done, ${total} succeeded, 0 failed, 0 errored, 0 timeout`), stdout);
        ok(stdout.includes(`status codes: ${total} 2xx`), stdout);
      });
    }
  } finally {
    folder.remove();
  }
}
