import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface NodeProcess {
  output(): string;
  ended(): boolean;
  /** Resolves when that stands in its output. */
  said(text: string): Promise<void>;
  /** SIGTERM. Rejects when it ends with anything but 0. */
  stop(): Promise<void>;
}

const limitMs = 30_000;

/** Runs a TypeScript file of this repository in a process of its own, which does not outlive this one. */
export function startNode(file: string, words: readonly string[]): NodeProcess {
  const child = spawn(process.execPath, [file, ...words], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    env: { ...process.env, NODE_OPTIONS: "--conditions=@trilby/source", TRILBY_PARENT: "stdin" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let output = "";
  let listener = (): void => {};
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      listener();
    });
  }
  let ended = false;
  const end = new Promise<string>((resolve) => {
    child.once("close", (code, signal) => {
      ended = true;
      listener();
      resolve(signal ?? String(code));
    });
  });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  void end.then(() => process.removeListener("exit", kill));

  return {
    output: () => output,
    ended: () => ended,
    said: (text) =>
      new Promise((resolve, reject) => {
        const fail = (why: string): void => reject(new Error(`${file} ${why}; it said:\n${output}`));
        const timer = setTimeout(() => fail(`did not say "${text}" within ${limitMs} ms`), limitMs);
        listener = () => {
          if (!output.includes(text) && !ended) return;
          clearTimeout(timer);
          if (output.includes(text)) resolve();
          else fail(`ended before it said "${text}"`);
        };
        listener();
      }),
    async stop() {
      child.kill("SIGTERM");
      const timer = setTimeout(kill, limitMs);
      const how = await end;
      clearTimeout(timer);
      if (how !== "0") throw new Error(`${file} ended with ${how}; it said:\n${output}`);
    },
  };
}
