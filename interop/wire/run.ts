import { runParts } from "@trilby/interop-judging";
import { judgeByClients } from "./src/clients.ts";
import { judgeGrpc } from "./src/grpc.ts";
import { judgeByH2spec } from "./src/h2spec.ts";
import { judgeHpack } from "./src/hpack.ts";

/** Each by itself: `run.ts h2spec`. */
await runParts("wire", {
  hpack: judgeHpack,
  h2spec: judgeByH2spec,
  clients: judgeByClients,
  grpc: judgeGrpc,
});
