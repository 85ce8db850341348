// A server in a process of its own, to be killed. Argument: the socket's path.
import { createServer } from "@trilby/kit/transport";

const server = await createServer();
server.unary("/test.Echo/Unary", (request) => request);
server.stream("/test.Echo/Stream", async (stream) => {
  for await (const message of stream.messages) await stream.send(message);
});
await server.listen({ path: process.argv[2]! });
console.log("ready");
