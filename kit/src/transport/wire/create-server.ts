import { createServer as createWireServer } from "@trilby/wire/grpc";
import { bind } from "../bind.ts";
import type { RpcServer } from "../server.ts";
import type { ServerOptions } from "../transport.ts";

/** The server of @trilby/wire has the shape of ours. */
export function createServer(options: ServerOptions = {}): RpcServer {
  return createWireServer({ ...options, bind });
}
