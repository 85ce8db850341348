import type { Socket } from "node:net";
import { createServer } from "node:tls";
import type { ServerTls } from "./server-options.ts";

const handshakeTimeoutMs = 10_000;

export interface Security {
  take(socket: Socket): void;
  /** Ends connections whose handshake is under way. */
  cutHandshakes(): void;
}

/**
 * Takes connections over to TLS; those that agree on `h2` by ALPN are handed on (RFC 9113, section 3.2). Others, and failed handshakes,
 * end there. Throws when certificate and key do not fit.
 */
export function secureWith(tls: ServerTls, accept: (socket: Socket) => void): Security {
  const shaking = new Set<Socket>();
  const server = createServer({
    cert: tls.certificate,
    key: tls.privateKey,
    ALPNProtocols: ["h2"],
    handshakeTimeout: handshakeTimeoutMs,
    ...(tls.clientCa !== undefined && { ca: tls.clientCa, requestCert: true, rejectUnauthorized: true }),
  });
  server.on("secureConnection", (socket) => {
    // The plain socket below, for which Node has no public name.
    shaking.delete((socket as unknown as { readonly _parent: Socket })._parent);
    if (socket.alpnProtocol === "h2") accept(socket);
    else socket.destroy();
  });
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  return {
    take(socket) {
      shaking.add(socket);
      socket.once("close", () => shaking.delete(socket));
      // The plain socket below fails too when the peer resets the connection.
      socket.on("error", () => socket.destroy());
      server.emit("connection", socket);
    },
    cutHandshakes() {
      for (const socket of shaking) socket.destroy();
    },
  };
}
