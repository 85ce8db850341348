import { join } from "node:path";
import { temporaryFolder } from "@trilby/interop-judging";
import {
  createServer,
  serveHealth,
  serveReflection,
  type Health,
  type ListenAddress,
  type RpcServer,
} from "@trilby/wire/grpc";
import type { Certificate } from "../certificate.ts";
import { declares, descriptor, descriptorName } from "./messages.ts";
import { serveTestService } from "./test-service.ts";

/** What carries the bytes. */
export const carriers = ["plain", "TLS", "unix socket"] as const;
export type Carrier = (typeof carriers)[number];

/** Our test service, on the wire's server. */
export async function startOurs(
  carrier: Carrier,
  { certificate, privateKey }: Certificate,
): Promise<{ server: RpcServer; address: ListenAddress; health: Health }> {
  const server = createServer({
    ...(carrier === "TLS" && { tls: { certificate, privateKey } }),
    gzipResponsesFromBytes: 1000,
  });
  serveTestService(server);
  const health = serveHealth(server);
  serveReflection(server, {
    services: ["grpc.testing.TestService"],
    fileByName: (name) => (name === descriptorName ? [descriptor] : []),
    fileContainingSymbol: (symbol) => (declares(symbol) ? [descriptor] : []),
  });
  const address = await server.listen(
    carrier === "unix socket" ? { path: join(temporaryFolder().path, "ours.sock") } : { host: "127.0.0.1", port: 0 },
  );
  return { server, address, health };
}
