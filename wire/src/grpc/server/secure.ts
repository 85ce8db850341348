import type { Socket } from "node:net";
import { createServer } from "node:tls";
import type { ServerTls } from "./server-options.ts";

const handshakeTimeoutMs = 10_000;

/**
 * Takes connections over to TLS; those that agree on `h2` by ALPN are handed on (RFC 9113, section 3.2). Others, and failed handshakes,
 * end there. Throws when certificate and key do not fit.
 */
export function secureWith(tls: ServerTls, accept: (socket: Socket) => void): (socket: Socket) => void {
  const server = createServer({
    cert: tls.certificate,
    key: tls.privateKey,
    ALPNProtocols: ["h2"],
    handshakeTimeout: handshakeTimeoutMs,
    ...(tls.clientCa !== undefined && { ca: tls.clientCa, requestCert: true, rejectUnauthorized: true }),
  });
  server.on("secureConnection", (socket) => {
    if (socket.alpnProtocol === "h2") accept(socket);
    else socket.destroy();
  });
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  return (socket) => {
    // The plain socket below fails too when the peer resets the connection.
    socket.on("error", () => socket.destroy());
    server.emit("connection", socket);
  };
}
