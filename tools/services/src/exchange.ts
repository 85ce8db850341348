import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Certificates } from "./certificates.ts";

/** Sends `request` and resolves with what comes back first; rejects when nothing does within two seconds. */
export function exchange(port: number, request: Uint8Array | string, certificates?: Certificates): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = open(port, certificates);
    const finish = (error: Error | undefined, answer?: Buffer) => {
      socket.destroy();
      if (answer === undefined) reject(error ?? new Error("Connection closed without an answer"));
      else resolve(answer);
    };
    socket.setTimeout(2_000, () => finish(new Error("No answer within two seconds")));
    socket.once("error", finish);
    socket.once("close", () => finish(undefined));
    socket.once("data", (answer: Buffer) => finish(undefined, answer));
    socket.write(request);
  });
}

function open(port: number, certificates: Certificates | undefined): Socket {
  if (!certificates) return connect(port, "127.0.0.1");
  return connectTls({
    host: "127.0.0.1",
    port,
    ca: certificates.ca,
    cert: readFileSync(certificates.clientCertificateFile),
    key: readFileSync(certificates.clientKeyFile),
  });
}
