import { timingSafeEqual } from "node:crypto";
import type { Logger } from "@trilby/kit";
import {
  RpcCode,
  RpcError,
  type ServerCall,
  type ServerStream,
  type StreamHandler,
  type UnaryHandler,
} from "@trilby/kit/transport";

import type { Metrics } from "../../observability/metrics.ts";
import { ApiError } from "../error.ts";
import type { ApiLogging } from "../logging.ts";
import { unauthorized } from "./refusals.ts";
import { toStatus } from "./status.ts";

export interface WrapSetup {
  /** Absent: no token is asked for. */
  readonly token: string | undefined;
  readonly metrics: Metrics;
  readonly apiLogging: ApiLogging | undefined;
  readonly logger: Logger;
}

export interface Wrap {
  unary(path: string, handler: UnaryHandler): UnaryHandler;
  stream(path: string, handler: StreamHandler): StreamHandler;
}

/** What every call goes through: API token, metrics, API log; and errors of the API become statuses. */
export function createWrap({ token, metrics, apiLogging, logger }: WrapSetup): Wrap {
  const checkToken = token === undefined ? undefined : tokenCheck(token);
  const server = metrics.grpcServer();

  const statusOf = (path: string, error: unknown): RpcError => {
    if (error instanceof RpcError) return error;
    if (error instanceof ApiError) {
      metrics.errorCode(error.errorCode, error.reason);
      logger.debug(error.message);
      return toStatus(error);
    }
    const message = error instanceof Error ? error.message : String(error);
    logger.error(`${path} failed unexpectedly`, { error: error instanceof Error ? error.stack : error });
    return new RpcError(RpcCode.UNKNOWN, message, { cause: error });
  };

  const finished = (
    path: string,
    call: ServerCall,
    code: number,
    startedAt: number,
    received: number,
    sent: number,
  ): void => {
    server.record(path, code, startedAt, received, sent);
    apiLogging?.grpc(path, code, startedAt, call.header("user-agent"));
  };

  return {
    unary(path, handler) {
      return (request, incoming) => {
        const call = checkToken === undefined ? incoming : checkToken(incoming);
        const startedAt = performance.now();
        const answered = (response: Uint8Array): Uint8Array => {
          finished(path, call, RpcCode.OK, startedAt, request.length, response.length);
          return response;
        };
        const failed = (error: unknown): never => {
          const status = statusOf(path, error);
          finished(path, call, status.code, startedAt, request.length, 0);
          throw status;
        };
        try {
          const result = handler(request, call);
          return result instanceof Promise ? result.then(answered, failed) : answered(result);
        } catch (error) {
          return failed(error);
        }
      };
    },
    stream(path, handler) {
      return async (stream, incoming) => {
        const call = checkToken === undefined ? incoming : checkToken(incoming);
        // The handler of unknown methods learns the method only now.
        const method = path === "" ? incoming.path : path;
        const startedAt = performance.now();
        const bytes = { received: 0, sent: 0 };
        try {
          await handler(counting(stream, bytes), call);
          finished(method, call, RpcCode.OK, startedAt, bytes.received, bytes.sent);
        } catch (error) {
          const status = statusOf(method, error);
          finished(method, call, status.code, startedAt, bytes.received, bytes.sent);
          throw status;
        }
      };
    },
  };
}

/** The call without its token, or an error. */
function tokenCheck(token: string): (call: ServerCall) => ServerCall {
  const right = Buffer.from(token);
  return (call) => {
    const given = call.header(tokenName);
    if (given === undefined) throw unauthorized("missing api token in request metadata");
    const bytes = Buffer.from(given);
    if (bytes.length !== right.length || !timingSafeEqual(bytes, right))
      throw unauthorized("authentication error: api token mismatch");
    return {
      path: call.path,
      deadline: call.deadline,
      metadata: call.metadata.filter(([name]) => name !== tokenName),
      header: (name) => (name === tokenName ? undefined : call.header(name)),
      get signal() {
        return call.signal;
      },
      get cancellation() {
        return call.cancellation;
      },
      sendHeaders: (headers) => call.sendHeaders(headers),
      setTrailers: (trailers) => call.setTrailers(trailers),
    };
  };
}

const tokenName = "dapr-api-token";

function counting(stream: ServerStream, bytes: { received: number; sent: number }): ServerStream {
  return {
    messages: {
      async *[Symbol.asyncIterator]() {
        for await (const message of stream.messages) {
          bytes.received += message.length;
          yield message;
        }
      },
    },
    send(message) {
      bytes.sent += message.length;
      return stream.send(message);
    },
  };
}
