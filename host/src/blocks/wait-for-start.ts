import { RpcCode, RpcError, type ServerCall } from "@trilby/kit/transport";

import type { GrpcMethod } from "../api/grpc/method.ts";
import type { HttpRoute } from "../api/http/route.ts";
import type { Block } from "./block.ts";

/** One that comes when so many wait is answered at once, with what is missing for it. */
const mostWaiting = 1000;
/** Tell what is still starting, and stop it. */
const immediate = new Set(["healthz", "shutdown"]);

/**
 * The blocks, with calls that wait until the components were started for the first time. daprd does not listen before that, so
 * SDKs take a connection or the answer to a call for metadata for a sign that its components are there.
 */
export function waitForStart(blocks: readonly Block[], started: Promise<void>): Block[] {
  let isStarted = false;
  let waiting = 0;
  void started.then(() => (isStarted = true));
  const passes = (): boolean => isStarted || waiting >= mostWaiting;
  /** Resolves to whether the caller is still there. */
  const patience = async (signal: AbortSignal): Promise<boolean> => {
    waiting++;
    await started;
    waiting--;
    return !signal.aborted;
  };

  const route = (original: HttpRoute): HttpRoute => ({
    ...original,
    handle(exchange) {
      if (passes()) return original.handle(exchange);
      return patience(exchange.signal).then((isThere) =>
        isThere ? original.handle(exchange) : exchange.respond(clientClosedRequest),
      );
    },
  });
  const patienceOf = async (call: ServerCall): Promise<void> => {
    if (!(await patience(call.signal))) throw new RpcError(RpcCode.CANCELLED, "context canceled");
  };
  const method = (original: GrpcMethod): GrpcMethod =>
    "unary" in original
      ? {
          ...original,
          unary: (bytes, call) =>
            passes() ? original.unary(bytes, call) : patienceOf(call).then(() => original.unary(bytes, call)),
        }
      : {
          ...original,
          stream: (stream, call) =>
            passes() ? original.stream(stream, call) : patienceOf(call).then(() => original.stream(stream, call)),
        };
  return blocks.map(({ http, grpc }) => ({
    http: http.map((each) => (immediate.has(each.api.group) ? each : route(each))),
    grpc: grpc.map((each) => (immediate.has(each.api.group) ? each : method(each))),
  }));
}

/** For the log: nobody reads it. */
const clientClosedRequest = 499;
