import { randomUUID } from "node:crypto";
import { openComponent } from "@trilby/kit";
import kafka from "@trilby/pubsub-kafka";

const properties = { brokers: process.argv[2]!, authType: "none", consumerID: randomUUID() };
const { instance, close } = await openComponent(kafka, { name: "quiet", properties });
const topic = `t-${randomUUID()}`;
const { promise, resolve } = Promise.withResolvers<void>();
await instance.subscribe({ topic, metadata: {} }, async () => resolve());
await instance.publish({ topic, data: Buffer.from("x"), metadata: {} });
await promise;
await instance.ping!();
await close();
