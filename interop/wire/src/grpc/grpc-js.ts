import { join } from "node:path";
import { temporaryFolder, type Verdicts } from "@trilby/interop-judging";
import { grpcJs } from "@trilby/kit/transport";
import { connect, type Channel } from "@trilby/wire/grpc";
import { carriers, startOurs } from "./carriers.ts";
import { cases } from "./cases.ts";
import type { Certificate } from "../certificate.ts";
import { serveTestService } from "./test-service.ts";

/** @grpc/grpc-js as the other end, behind the same interface. */
export async function judgeByGrpcJs({ check }: Verdicts, certificate: Certificate): Promise<void> {
  const judge = async (who: string, channel: Channel): Promise<void> => {
    for (const [name, run] of Object.entries(cases)) await check(`${who}: ${name}`, () => run(channel));
    channel.close();
  };
  const trust = { tls: { ca: certificate.certificate, serverName: "wire.test" } };
  for (const carrier of carriers) {
    const secure = carrier === "TLS";
    const ours = await startOurs(carrier, certificate);
    await judge(`grpc-js's client, ${carrier}`, await grpcJs.connect(ours.address, secure ? trust : {}));
    await ours.server.close(0);

    const theirs = await grpcJs.createServer(secure ? { tls: certificate } : {});
    serveTestService(theirs);
    const address = await theirs.listen(
      carrier === "unix socket" ? { path: join(temporaryFolder().path, "js.sock") } : { host: "127.0.0.1", port: 0 },
    );
    await judge(`grpc-js's server, ${carrier}`, connect(address, secure ? trust : {}));
    await theirs.close(0);

    const self = await startOurs(carrier, certificate);
    await judge(`both ends ours, ${carrier}`, connect(self.address, secure ? trust : {}));
    await self.server.close(0);
  }
}
