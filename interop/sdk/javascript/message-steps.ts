import type { DaprClient } from "@dapr/dapr";
import { environment } from "./environment.ts";
import type { Inbox } from "./inbox.ts";
import { accepted, refusedStep, step } from "./lines.ts";

const { pubsub: broker, topic, binding: bindingName } = environment;

/** What an application does with a broker and with bindings. */
export async function messageSteps(
  { pubsub, binding }: DaprClient,
  events: Inbox,
  bindingEvents: Inbox,
  ticks: Inbox,
): Promise<void> {
  const published = { json: { orderId: "json", amount: 42 }, text: "plain Żółć", metadata: { orderId: "metadata" } };
  const bulk = [1, 2, 3].map((n) => ({ orderId: `bulk-${n}` }));
  // A handler is shown nothing but the data.
  const seen = (data: unknown) => ({ count: events.count(data), data });

  await step("publish", async () => {
    accepted(await pubsub.publish(broker, topic, published.json));
    return true;
  });
  await step("publish.text", async () => {
    accepted(await pubsub.publish(broker, topic, published.text, { contentType: "text/plain" }));
    return true;
  });
  await step("publish.metadata", async () => {
    const metadata = { "cloudevent.type": "order.made", "cloudevent.source": "judge" };
    accepted(await pubsub.publish(broker, topic, published.metadata, { metadata }));
    return true;
  });
  await step("publish.bulk", async () => (await pubsub.publishBulk(broker, topic, bulk)).failedMessages.length);

  await step("subscribe", async () => {
    for (const data of [...Object.values(published), ...bulk]) await events.arrival(data);
    return seen(published.json);
  });
  await step("subscribe.text", async () => seen(published.text));
  await step("subscribe.metadata", async () => seen(published.metadata));
  await step("subscribe.bulk", async () => bulk.filter((data) => events.count(data) === 1));
  await refusedStep("publish.unknown", () => pubsub.publish("nowhere", topic, published.json));

  await step("binding.invoke", async () => {
    await binding.send(bindingName, "create", { orderId: "binding" });
    return true;
  });
  await step("binding.receive", () => bindingEvents.first());
  await step("binding.cron", async () => {
    await ticks.first();
    return true;
  });
  await refusedStep("binding.unknown", () => binding.send("nowhere", "create", { orderId: "binding" }));
}
