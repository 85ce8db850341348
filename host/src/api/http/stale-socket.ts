import { unlink, stat } from "node:fs/promises";
import { connect } from "node:net";

/** Removes a socket file that nobody listens on any longer, as a crash leaves it. One in use stays, so that listening fails. */
export async function removeStaleSocket(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isSocket() !== true) return;
  const alive = await new Promise<boolean>((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
  if (!alive) await unlink(path).catch(() => {});
}
