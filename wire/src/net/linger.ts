import type { Socket } from "node:net";

/**
 * Ends the socket so that its peer can read the last bytes: what is written goes out first, and what comes is dropped until the peer ends too.
 * A peer that has read nothing for `patienceMs` is not waited for.
 */
export function endWithPatience(socket: Socket, patienceMs: number): void {
  if (socket.destroyed) return;
  let waiting = Infinity;
  const look = (): void => {
    const { writableLength } = socket;
    if (writableLength === 0 || writableLength >= waiting) {
      socket.destroy();
      return;
    }
    waiting = writableLength;
    timer.refresh();
  };
  const timer = setTimeout(look, patienceMs);
  timer.unref();
  socket.once("close", () => clearTimeout(timer));
  socket.end();
}
