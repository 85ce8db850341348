// Serves echoes until it is told to stop: `node server.ts FILLING ADDRESS`, the address as JSON.
import type { ListenAddress } from "@trilby/kit/transport";
import { echo, maxMessageBytes } from "./echo.ts";
import { type Filling, fillings } from "./fillings.ts";

const [filling, address] = process.argv.slice(2);
const server = await fillings[filling as Filling].createServer({ maxReceiveBytes: maxMessageBytes });
server.unary(echo.unary, (request) => request);
server.stream(echo.stream, async (stream) => {
  for await (const message of stream.messages) await stream.send(message);
});
console.log(JSON.stringify(await server.listen(JSON.parse(address ?? "") as ListenAddress)));
process.once("SIGTERM", () => process.exit(0));
