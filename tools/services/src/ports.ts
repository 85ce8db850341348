import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAlive } from "./alive.ts";

/** Below what Linux and macOS hand out by themselves, so that no outgoing connection takes the port of a server that restarts. */
const first = 20_000;
const last = 32_000;

export interface PortClaim {
  port: number;
  release(): void;
}

/** A port of 127.0.0.1 that no other test process on this machine will claim until it is released or this process ends. */
export async function claimPort(): Promise<PortClaim> {
  const folder = join(tmpdir(), "trilby-ports");
  mkdirSync(folder, { recursive: true });
  for (let attempt = 0; attempt < 500; attempt++) {
    const port = first + Math.floor(Math.random() * (last - first));
    const file = join(folder, String(port));
    if (!claim(file)) continue;
    if (await canListen(port)) return { port, release: () => rmSync(file, { force: true }) };
    rmSync(file, { force: true });
  }
  throw new Error(`No free port between ${first} and ${last}; see ${folder}`);
}

function claim(file: string): boolean {
  try {
    const descriptor = openSync(file, "wx");
    writeSync(descriptor, String(process.pid));
    closeSync(descriptor);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    removeStale(file);
    return false;
  }
}

function removeStale(file: string): void {
  try {
    const owner = Number(readFileSync(file, "utf8"));
    // An empty file belongs to someone who is about to write its process id.
    if (owner > 0 && !isAlive(owner)) rmSync(file, { force: true });
  } catch {
    // Released between the two calls.
  }
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
