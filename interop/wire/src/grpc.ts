import { NotBuilt, type Verdicts } from "@trilby/interop-judging";
import { makeCertificate } from "./certificate.ts";
import { judgeByGrpcGo } from "./grpc/go.ts";
import { judgeByGrpcJs } from "./grpc/grpc-js.ts";
import { judgeByPython } from "./grpc/python.ts";

/** The test service of gRPC, with the clients and servers of others: plain, with TLS and on unix sockets. */
export async function judgeGrpc(verdicts: Verdicts): Promise<void> {
  const certificate = makeCertificate();
  const parts = { grpcio: judgeByPython, "grpc-js": judgeByGrpcJs, "grpc-go": judgeByGrpcGo };
  for (const [name, judge] of Object.entries(parts)) {
    try {
      await judge(verdicts, certificate);
    } catch (error) {
      if (!(error instanceof NotBuilt)) throw error;
      verdicts.notRun(name, error.message);
    }
  }
}
