import { Socket } from "node:net";

/** A connection that was accepted, and how its bytes come. */
export interface AcceptedSocket {
  readonly socket: Socket;
  /** From now on the socket gives its bytes as any other does, and the listener hears nothing more. */
  release(): void;
}

export interface SocketListener {
  /** The bytes are valid during the call alone. */
  data(bytes: Buffer): void;
  end(): void;
  drain(): void;
  close(): void;
}

/**
 * Gives what comes in memory that the next read uses again. It saves the memory that Node
 * would take for each read, 64 KiB of it until it knows how much came, and a tenth of what a small request costs. `node:net` has that
 * for connections that one makes (`onread`); one that was accepted moves to a socket made for it. Where it cannot be moved, its
 * bytes come as usual.
 */
export function readAccepted(accepted: Socket, listener: SocketListener): AcceptedSocket {
  const { _handle: handle } = accepted as { _handle?: object | null };
  if (handle === null || handle === undefined) {
    const { data } = listener;
    const unlisten = listen(accepted, listener);
    accepted.on("data", data);
    accepted.resume();
    return {
      socket: accepted,
      release() {
        unlisten();
        accepted.removeListener("data", data);
      },
    };
  }
  let released = false;
  (accepted as { _handle?: object | null })._handle = null;
  const options = {
    handle,
    allowHalfOpen: true,
    onread: {
      buffer: memory,
      callback(byteCount: number) {
        const bytes = memory.subarray(0, byteCount);
        if (released) return socket.push(Buffer.from(bytes));
        listener.data(bytes);
        return true;
      },
    },
  };
  const socket: Socket = new Socket(options as object);
  const unlisten = listen(socket, listener);
  socket.resume();
  // The listener counts the one that it knows.
  socket.once("close", () => accepted.destroy());
  return {
    socket,
    release() {
      released = true;
      unlisten();
    },
  };
}

function listen(socket: Socket, { end, drain, close }: SocketListener): () => void {
  const listeners = { end, drain, close, error() {} };
  for (const [event, heard] of Object.entries(listeners)) socket.on(event, heard);
  return () => {
    for (const [event, heard] of Object.entries(listeners)) socket.removeListener(event, heard);
  };
}

/** As large as Node's own reads. */
const memory = Buffer.allocUnsafeSlow(64 * 1024);
