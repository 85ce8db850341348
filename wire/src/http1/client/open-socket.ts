import { connect, isIP, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";

import type { Http1ClientTls, Http1Target } from "./client-options.ts";

/** What a socket tells its connection. */
export interface SocketEvents {
  /** Valid during the call alone: the next read goes to the same place. */
  received(bytes: Buffer): void;
  /** The peer sends nothing more. */
  peerEnded(): void;
  /** Once, as the last thing. */
  closed(error: Error | undefined): void;
}

export type Opener = (events: SocketEvents) => Socket;

/** Opens connections to one peer. With TLS a session of an earlier one is used again. May throw for a target that cannot be. */
export function createOpener(target: Http1Target, tls: Http1ClientTls | undefined): Opener {
  const address =
    "path" in target
      ? { path: target.path }
      : { host: target.host, port: target.port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 1000 };
  if (tls === undefined) {
    return (events) =>
      listen(
        connect({
          ...address,
          onread: {
            buffer: readBuffer,
            callback(byteCount) {
              events.received(byteCount === readBuffer.length ? readBuffer : readBuffer.subarray(0, byteCount));
              return true;
            },
          },
        }),
        events,
      );
  }
  // TLS is loaded when somebody uses it.
  const { connect: connectSecurely, checkServerIdentity } = process.getBuiltinModule("node:tls");
  const name = tls.serverName ?? ("path" in target ? "localhost" : target.host);
  let session: Buffer | undefined;
  return (events) => {
    const socket: TLSSocket = connectSecurely({
      ...address,
      minVersion: "TLSv1.2",
      ALPNProtocols: ["http/1.1"],
      // The name that a client sends in TLS cannot be an address; certificates can have one.
      ...(isIP(name) === 0 && { servername: name }),
      ...(tls.ca !== undefined && { ca: tls.ca }),
      ...(tls.insecureSkipVerify
        ? { rejectUnauthorized: false }
        : { checkServerIdentity: (_host: string, certificate) => checkServerIdentity(name, certificate) }),
      ...(session !== undefined && { session }),
    });
    socket.on("session", (fresh) => (session = fresh));
    // Decrypting may happen while something is written, that is in the midst of another read.
    socket.on("data", (bytes: Buffer) => events.received(bytes));
    return listen(socket, events);
  };
}

function listen<S extends Socket>(socket: S, events: SocketEvents): S {
  let failure: Error | undefined;
  socket.on("error", (error) => (failure ??= error));
  socket.on("end", () => events.peerEnded());
  socket.on("close", () => events.closed(failure));
  return socket;
}

/** All plain sockets of the process read into it, one after the other: nothing that came stays here after the event. */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);
