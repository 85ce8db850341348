import assert from "node:assert/strict";
import { Kafka, logLevel, type KafkaConfig } from "kafkajs";
import { test } from "vitest";
import { describeService } from "@trilby/services/vitest";
import type { KafkaService } from "../src/service.ts";

describeService("kafka", { killable: true }, (kafka) => {
  test("keeps its messages and port over SIGKILL", { timeout: 90_000 }, async () => {
    await produce(kafka, {}, "kept");
    await kafka.kill();
    await assert.rejects(produce(kafka, {}, "lost"));
    await kafka.restart();
    assert.deepEqual(await consume(kafka, {}), ["kept"]);
  });
});

describeService("kafka", { sasl: "SCRAM-SHA-512", tls: "mutual" }, (kafka) => {
  test("asks for the password over TLS with both certificates", { timeout: 60_000 }, async () => {
    const { ca, clientCertificate, clientKey } = kafka.certificates!;
    const ssl = { ca: [ca], cert: clientCertificate, key: clientKey };
    const login = (password: string) => ({ mechanism: "scram-sha-512", username: kafka.username!, password }) as const;
    await produce(kafka, { ssl, sasl: login(kafka.password!) }, "secret");
    assert.deepEqual(await consume(kafka, { ssl, sasl: login(kafka.password!) }), ["secret"]);
    await assert.rejects(produce(kafka, { ssl, sasl: login("wrong") }, "no"), /credentials/);
    await assert.rejects(produce(kafka, { ssl: { ca: [ca] }, sasl: login(kafka.password!) }, "no"));
  });
});

describeService("kafka", { sasl: "PLAIN" }, (kafka) => {
  test("asks for the password", { timeout: 60_000 }, async () => {
    const login = (password: string) => ({ mechanism: "plain", username: kafka.username!, password }) as const;
    await produce(kafka, { sasl: login(kafka.password!) }, "plain");
    await assert.rejects(produce(kafka, { sasl: login("wrong") }, "no"), /Authentication failed/);
  });
});

// The client keeps what it derives from a login in the login itself: each client gets its own.
type Security = Pick<KafkaConfig, "ssl" | "sasl">;

function connect(kafka: KafkaService, security: Security, retries = 2): Kafka {
  const retry = { retries, initialRetryTime: 50 };
  return new Kafka({ brokers: [kafka.address], logLevel: logLevel.NOTHING, retry, ...security });
}

async function produce(kafka: KafkaService, security: Security, value: string): Promise<void> {
  const client = connect(kafka, security);
  const producer = client.producer();
  try {
    await producer.connect();
    const admin = client.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: "topic" }], waitForLeaders: true });
    await admin.disconnect();
    await producer.send({ topic: "topic", messages: [{ value }] });
  } finally {
    await producer.disconnect();
  }
}

async function consume(kafka: KafkaService, security: Security): Promise<(string | undefined)[]> {
  // A broker that has just started may take seconds until it finds a coordinator for the group.
  const consumer = connect(kafka, security, 10).consumer({ groupId: "group" });
  try {
    await consumer.connect();
    await consumer.subscribe({ topic: "topic", fromBeginning: true });
    const first = Promise.withResolvers<string | undefined>();
    consumer.on("consumer.crash", ({ payload }) => {
      if (!payload.restart) first.reject(payload.error);
    });
    await consumer.run({ eachMessage: async ({ message }) => first.resolve(message.value?.toString()) });
    return [await first.promise];
  } finally {
    await consumer.disconnect();
  }
}
