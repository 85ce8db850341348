import { spawn } from "node:child_process";
import { once } from "node:events";
import type { ConnectionReading, ReadAll, RequestReading } from "./reading.ts";

interface GoReading {
  readonly requests: readonly (RequestReading & { readonly host: string })[] | null;
  readonly said: string;
}

/** Go's net/http. It keeps Host apart from the other fields, and knows no order among those of different names. */
export function createGoReader(program: string): ReadAll {
  return async (conversations) => {
    const child = spawn(program, ["read"], { stdio: ["pipe", "pipe", "inherit"] });
    const output: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    for (const conversation of conversations) {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(conversation.length);
      child.stdin.write(length);
      child.stdin.write(conversation);
    }
    child.stdin.end();
    const [code] = (await once(child, "close")) as [number | null];
    if (code !== 0) throw new Error(`Go's reader ended with ${code}`);
    return Buffer.concat(output)
      .toString("utf8")
      .trimEnd()
      .split("\n")
      .map((line): ConnectionReading => {
        const { requests, said } = JSON.parse(line) as GoReading;
        const complete = (requests ?? []).map(({ host, ...request }) => ({
          ...request,
          fields: host === "" ? request.fields : [["host", host] as const, ...request.fields],
        }));
        return { requests: complete, said: /^HTTP\/1\.[01] 204/.test(said) ? "" : said };
      });
  };
}
