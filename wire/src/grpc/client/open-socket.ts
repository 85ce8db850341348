import { connect as connectPlain, isIP } from "node:net";
import type { Socket } from "node:net";
import type { ConnectionOptions } from "node:tls";
import type { ClientTls, Target } from "./connect-options.ts";

/** Opens the connection under HTTP/2 (RFC 9113, section 3): by prior knowledge, or with ALPN `h2` in TLS. Calls one of both functions, once. */
export function openSocket(
  target: Target,
  tls: ClientTls | undefined,
  opened: (socket: Socket) => void,
  failed: (error: Error) => void,
): { /** Nothing is called any more. */ abandon(): void } {
  let socket: Socket | undefined;
  let settled = false;
  const settle = (error?: Error): void => {
    if (settled) return;
    settled = true;
    if (error === undefined) {
      socket!.off("error", settle);
      opened(socket!);
    } else {
      socket?.destroy();
      failed(error);
    }
  };
  const begin = (made: Socket, event: "connect" | "secureConnect", check?: () => Error | undefined): void => {
    socket = made;
    // The calls that wait for it keep the process alive.
    made.unref();
    // Errors that come after the first one, from a socket that is given up, matter to nobody.
    made.on("error", ignore);
    made.once("error", settle);
    made.once("close", () => settle(new Error("the connection was closed")));
    made.once(event, () => settle(check?.()));
  };
  const beginSecure = async (secure: ClientTls): Promise<void> => {
    try {
      // TLS is loaded when somebody uses it.
      const { checkServerIdentity, connect } = await import("node:tls");
      if (settled) return;
      const made = connect({ ...address, ...secureOptions(target, secure, checkServerIdentity) });
      begin(made, "secureConnect", () =>
        made.alpnProtocol === "h2" ? undefined : new Error("the peer does not offer HTTP/2 (ALPN h2) in TLS"),
      );
    } catch (error) {
      settle(error as Error);
    }
  };
  const address = "path" in target ? { path: target.path } : { host: target.host, port: target.port, noDelay: true };
  try {
    if (tls === undefined) begin(connectPlain(address), "connect");
    else void beginSecure(tls);
  } catch (error) {
    queueMicrotask(() => settle(error as Error));
  }
  return {
    abandon() {
      settled = true;
      socket?.destroy();
    },
  };
}

function secureOptions(
  target: Target,
  tls: ClientTls,
  checkServerIdentity: NonNullable<ConnectionOptions["checkServerIdentity"]>,
): ConnectionOptions {
  const name = tls.serverName ?? ("path" in target ? "localhost" : target.host);
  return {
    ALPNProtocols: ["h2"],
    ...(tls.ca !== undefined && { ca: tls.ca }),
    ...(tls.certificate !== undefined && { cert: tls.certificate }),
    ...(tls.privateKey !== undefined && { key: tls.privateKey }),
    // The name that a client sends in TLS cannot be an address; certificates can have one.
    ...(isIP(name) === 0 && { servername: name }),
    ...(tls.insecureSkipVerify
      ? { rejectUnauthorized: false }
      : { checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate) }),
  };
}

function ignore(): void {}
