import { setTimeout as sleep } from "node:timers/promises";
import { RpcError, type RpcServer, type ServerCall, type ServerStream } from "@trilby/wire/grpc";
import {
  OrcaLoadReport,
  SimpleRequest,
  SimpleResponse,
  StreamingInputCallRequest,
  StreamingInputCallResponse,
  StreamingOutputCallRequest,
  StreamingOutputCallResponse,
  type TestOrcaReport,
} from "./messages.ts";

/** `grpc.testing.TestService`, as gRPC's "Interoperability Test Case Descriptions" want it, with the load reports of ORCA. */
export function serveTestService(server: Pick<RpcServer, "unary" | "stream">): void {
  let report = OrcaLoadReport.encode({});

  const unary = (bytes: Uint8Array, call: ServerCall): Uint8Array => {
    const request = SimpleRequest.decode(bytes);
    echoMetadata(call);
    failAsAsked(request.responseStatus);
    if (request.orcaPerQueryReport !== undefined) {
      call.setTrailers([["endpoint-load-metrics-bin", loadReport(request.orcaPerQueryReport)]]);
    }
    return SimpleResponse.encode({
      payload: { body: new Uint8Array(request.responseSize) },
      serverId: request.fillServerId ? `trilby-${process.pid}` : "",
    });
  };
  server.unary(method("EmptyCall"), () => new Uint8Array());
  server.unary(method("UnaryCall"), unary);
  server.unary(method("CacheableUnaryCall"), unary);

  server.stream(method("StreamingInputCall"), async (stream) => {
    let aggregatedPayloadSize = 0;
    for await (const message of stream.messages) {
      aggregatedPayloadSize += StreamingInputCallRequest.decode(message).payload?.body.byteLength ?? 0;
    }
    await stream.send(StreamingInputCallResponse.encode({ aggregatedPayloadSize }));
  });

  server.stream(method("StreamingOutputCall"), async (stream) => {
    for await (const message of stream.messages) {
      await answer(StreamingOutputCallRequest.decode(message), stream);
      return;
    }
  });

  server.stream(method("FullDuplexCall"), async (stream, call) => {
    echoMetadata(call);
    for await (const message of stream.messages) {
      const request = StreamingOutputCallRequest.decode(message);
      failAsAsked(request.responseStatus);
      if (request.orcaOobReport !== undefined) report = loadReport(request.orcaOobReport);
      await answer(request, stream);
    }
  });

  server.stream(method("HalfDuplexCall"), async (stream) => {
    const requests: StreamingOutputCallRequest[] = [];
    for await (const message of stream.messages) requests.push(StreamingOutputCallRequest.decode(message));
    for (const request of requests) await answer(request, stream);
  });

  server.stream("/xds.service.orca.v3.OpenRcaService/StreamCoreMetrics", async (stream, call) => {
    while (!call.signal.aborted) {
      await stream.send(report);
      await sleep(100);
    }
  });
}

function method(name: string): string {
  return `/grpc.testing.TestService/${name}`;
}

async function answer(request: StreamingOutputCallRequest, stream: ServerStream): Promise<void> {
  for (const { size, intervalUs = 0 } of request.responseParameters) {
    if (intervalUs > 0) await sleep(intervalUs / 1000);
    await stream.send(StreamingOutputCallResponse.encode({ payload: { body: new Uint8Array(size) } }));
  }
}

function echoMetadata(call: ServerCall): void {
  const initial = call.metadata.find(([name]) => name === "x-grpc-test-echo-initial");
  const trailing = call.metadata.find(([name]) => name === "x-grpc-test-echo-trailing-bin");
  if (initial !== undefined) call.sendHeaders([initial]);
  if (trailing !== undefined) call.setTrailers([trailing]);
}

function failAsAsked(status: { readonly code: number; readonly message: string } | undefined): void {
  if (status !== undefined && status.code !== 0) throw new RpcError(status.code, status.message);
}

function loadReport(report: TestOrcaReport): Uint8Array {
  const { cpuUtilization, memoryUtilization, requestCost, utilization } = report;
  return OrcaLoadReport.encode({ cpuUtilization, memUtilization: memoryUtilization, requestCost, utilization });
}
