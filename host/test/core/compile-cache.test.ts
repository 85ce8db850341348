import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const compiledCode = join(import.meta.dirname, "../../src/compile-cache.ts");

describe("compiled code of a script", () => {
  let folder: string;
  let script: string;
  let cache: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "compiled-code-"));
    script = join(folder, "script.cjs");
    cache = join(folder, "cache");
    writeFileSync(
      join(folder, "main.ts"),
      `import { keepCompiledCode } from ${JSON.stringify(compiledCode)};
const code = keepCompiledCode("host");
const { answer } = await code.load(new URL("script.cjs", import.meta.url), async () => ({ answer: async () => "from sources" }));
process.stdout.write(await answer());
code.save();`,
    );
    writeFileSync(join(folder, "beside.ts"), `export const word = "beside";`);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function write(answer: string): void {
    writeFileSync(
      script,
      `(function (moduleUrl, importModule) { "use strict";
async function answer() { return "${answer} " + (await importModule("./beside.ts")).word; }
return { answer };
});`,
    );
  }

  function run(environment: Record<string, string> = {}, flags: readonly string[] = []): string {
    const { stdout, stderr, status } = spawnSync(process.execPath, [...flags, join(folder, "main.ts")], {
      env: { PATH: process.env["PATH"], XDG_CACHE_HOME: cache, ...environment },
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expect(status).toBe(0);
    return stdout;
  }

  /** The files that were kept of it, and which writing each is from. */
  function kept(): { path: string; writing: number }[] {
    const home = join(cache, "trilby", "code", "host");
    return readdirSync(home)
      .filter((name) => name.startsWith("script.cjs"))
      .map((name) => ({ path: join(home, name), writing: statSync(join(home, name)).ino }));
  }

  it("is kept by the first start and taken by the next", () => {
    write("one");
    expect(run()).toBe("one beside");
    const first = kept();
    expect(first).toHaveLength(1);
    expect(statSync(first[0]!.path).mode & 0o777).toBe(0o600);
    expect(run()).toBe("one beside");
    expect(kept()).toEqual(first);
  });

  it("is not taken for another script, of the same length too", () => {
    write("one");
    run();
    const [first] = kept();
    write("two");
    expect(run()).toBe("two beside");
    const [second, ...more] = kept();
    expect(more).toEqual([]);
    expect(second!.writing).not.toBe(first!.writing);
    expect(run()).toBe("two beside");
    expect(kept()).toEqual([second]);
  });

  it.each([
    [
      "a byte that is wrong",
      (bytes: Buffer) => bytes.fill(bytes[bytes.length >> 1]! ^ 0xff, bytes.length >> 1, (bytes.length >> 1) + 1),
    ],
    ["an end that is missing", (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1)],
    ["nothing in it", () => Buffer.alloc(0)],
  ])("is passed over with %s, and written anew", (_, damage) => {
    write("one");
    run();
    const [first] = kept();
    writeFileSync(first!.path, damage(readFileSync(first!.path)));
    expect(run()).toBe("one beside");
    const [second] = kept();
    expect(second!.writing).not.toBe(first!.writing);
  });

  it("is not taken under other flags of V8", () => {
    write("one");
    run();
    expect(run({}, ["--semi-space-growth-factor=3"])).toBe("one beside");
    expect(kept()).toHaveLength(2);
  });

  it("is done without where it cannot be kept", () => {
    write("one");
    mkdirSync(cache);
    writeFileSync(join(cache, "trilby"), "a file");
    expect(run()).toBe("one beside");
    expect(run({ NODE_DISABLE_COMPILE_CACHE: "1" })).toBe("one beside");
  });

  it("gives way to the modules where there is no script, and where another transport is asked for", () => {
    expect(run()).toBe("from sources");
    write("one");
    expect(run({ TRILBY_TRANSPORT: "grpc-js" })).toBe("from sources");
  });
});
