// A server in a process of its own, whose living memory its parent asks for.
import { createServer } from "../../src/grpc/server/create-server.ts";

declare const gc: () => void;

const escaped = (error: unknown): void => void process.send!({ escaped: String(error) });
process.on("uncaughtException", escaped).on("unhandledRejection", escaped);

const server = createServer();
let handled = 0;
const never = new Promise<never>(() => undefined);
server.unary("/test.Echo/Unary", (request) => request);
server.unary("/test.Echo/Never", () => {
  handled++;
  return never;
});
server.unary("/test.Echo/Aborted", (_, { signal }) => {
  handled++;
  return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
});
server.stream("/test.Echo/Deaf", async (_, { signal }) => {
  handled++;
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
});
server.stream("/test.Echo/Listener", async (stream) => {
  handled++;
  for await (const _ of stream.messages);
});
server.stream("/test.Echo/Talker", async (stream) => {
  handled++;
  for (;;) await stream.send(new Uint8Array(10_000));
});

process.on("message", () => {
  gc();
  gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  process.send!({ liveBytes: heapUsed + arrayBuffers, handled });
});
await server.listen({ path: process.argv[2]! });
process.send!("listening");
