import { join } from "node:path";
import { startProcess } from "@trilby/interop-judging";
import type { Subject } from "../subject.ts";

/** It speaks no gRPC. */
export async function startBare(redisAddress: string): Promise<Subject> {
  const running = startProcess(process.execPath, [join(import.meta.dirname, "server.ts"), redisAddress]);
  const port = await running.line((line) => /^\d+$/.test(line));
  return {
    grpc: "",
    http: `127.0.0.1:${port}`,
    watched: () => ({ daemon: running.pid, components: [] }),
    close: () => running.stop(),
  };
}
