import { CommunicationProtocolEnum, DaprClient, DaprServer, LogLevel } from "@dapr/dapr";
import { environment } from "./environment.ts";
import { createInbox } from "./inbox.ts";
import { print, step } from "./lines.ts";
import { messageSteps } from "./message-steps.ts";
import { secretSteps } from "./secret-steps.ts";
import { stateSteps } from "./state-steps.ts";

const { appPort, appProtocol, clientProtocol, httpPort, grpcPort, pubsub, topic, binding, cron } = environment;

const log = (...words: unknown[]): void => console.error(...words);
const logger = { level: LogLevel.Warn, service: { error: log, warn: log, info: log, verbose: log, debug: log } };
const options = (protocol: string) => ({
  daprHost: "127.0.0.1",
  daprPort: protocol === "http" ? httpPort : grpcPort,
  communicationProtocol: CommunicationProtocolEnum[protocol === "http" ? "HTTP" : "GRPC"],
  logger,
});

const server = new DaprServer({
  serverHost: "127.0.0.1",
  serverPort: appPort,
  communicationProtocol: options(appProtocol).communicationProtocol,
  clientOptions: options(clientProtocol),
  logger,
});
const events = createInbox();
const bindingEvents = createInbox();
const ticks = createInbox();
await server.pubsub.subscribe(pubsub, topic, async (data: unknown) => events.add(data), "/orders");
await server.binding.receive(binding, async (data: unknown) => bindingEvents.add(data));
await server.binding.receive(cron, async () => ticks.add(null));
// Waits for the daemon.
await server.start();

const client = new DaprClient(options(clientProtocol));
await step("health", async () => {
  await client.start();
  return client.health.isHealthy();
});
await step("metadata.get", async () => {
  const { id, components } = await client.metadata.get();
  return { id, components: components.map(({ name }) => name).toSorted() };
});
await step("metadata.set", async () => {
  await client.metadata.set("flavour", "sweet & sour");
  const { extended } = await client.metadata.get();
  return (extended as Record<string, string>)["flavour"];
});
await stateSteps(client);
await messageSteps(client, events, bindingEvents, ticks);
await secretSteps(client);
print({ step: "done" });

await client.stop();
await server.stop();
// The SDK leaves connections open.
process.exit(0);
