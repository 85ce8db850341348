import { lstatSync, mkdirSync, unlinkSync } from "node:fs";
import { connect } from "node:net";
import type { Server } from "node:net";
import { dirname } from "node:path";
import { setTimeout } from "node:timers/promises";

/** What fits into the kernel's `sun_path` with its closing zero. */
const maxPathBytes = process.platform === "darwin" ? 103 : 107;

/** Two processes that start together on a loaded machine: one may be suspended between making its file and listening. */
const refusalLastsMs = 50;

/** The kernel would cut a longer path, or answer with an error that does not say why. */
export function checkSocketPath(path: string): void {
  const bytes = Buffer.byteLength(path);
  if (bytes > maxPathBytes) {
    throw new Error(
      `The socket path ${path} has ${bytes} bytes; this system takes ${maxPathBytes}. Use a folder with a shorter path.`,
    );
  }
}

/**
 * Listens on a unix socket that only this user can open. A socket file that a dead process left behind is replaced; one
 * that somebody answers on is left alone, and this rejects. The file goes when the server closes.
 */
export async function listenOnUnixSocket(server: Server, path: string): Promise<void> {
  checkSocketPath(path);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  await removeDeadSocket(path);
  const listening = new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.once("listening", () => {
      server.off("error", reject);
      resolve();
    });
  });
  // Node binds before listen() returns, so nobody can connect in between and nothing else is created with this mask.
  const restore = restrictNewFiles();
  try {
    server.listen({ path });
  } finally {
    restore();
  }
  await listening;
}

async function removeDeadSocket(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket())
    throw new Error(`${path} exists and is not a socket. Remove it, or choose another socket path.`);
  if (await isAnswered(path)) {
    throw new Error(`Another process serves the socket ${path}. Stop it, or choose another socket path.`);
  }
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

/** Whether a process listens. It makes the file a moment before it does, so a refusal counts when it lasts. */
async function isAnswered(path: string): Promise<boolean> {
  if (await takesConnections(path)) return true;
  await setTimeout(refusalLastsMs);
  return takesConnections(path);
}

/** One whose queue is full, or that we may not open, takes them too. */
function takesConnections(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    const answer = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.once("connect", () => answer(true));
    socket.once("error", (error: NodeJS.ErrnoException) =>
      answer(error.code !== "ECONNREFUSED" && error.code !== "ENOENT"),
    );
  });
}

function restrictNewFiles(): () => void {
  try {
    const before = process.umask(0o177);
    return () => void process.umask(before);
  } catch {
    // A worker thread may not change the process's mask; the folder's own mode protects the socket there.
    return () => undefined;
  }
}
