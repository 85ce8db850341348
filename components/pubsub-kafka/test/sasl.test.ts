import type { KafkaService } from "@trilby/services";
import { describeService } from "@trilby/services/vitest";
import { expect, it } from "vitest";
import { open, recordingLogger } from "./open.ts";
import { impatient, roundTrip } from "./round-trip.ts";

function signsIn(kafka: KafkaService, properties: Record<string, string>): void {
  const credentials = { saslUsername: kafka.username!, saslPassword: kafka.password! };
  const all = { brokers: kafka.address, authType: "password", ...properties };

  it("signs in", () => roundTrip({ ...all, ...credentials }));

  it("signs in with the older authRequired", () => {
    const { authType: _, ...others } = all;
    return roundTrip({ ...others, ...credentials, authRequired: "true" });
  });

  it("says that the password is wrong, and not which it was", async () => {
    const wrong = { ...all, ...impatient, saslUsername: "trilby", saslPassword: "not-the-password" };
    const { lines, logger } = recordingLogger();
    const error = await open(wrong, logger).catch((problem: unknown) => problem);
    expect(error).toMatchObject({ code: "unauthenticated", message: expect.stringContaining(kafka.address) });
    expect(JSON.stringify([String(error), lines])).not.toContain("not-the-password");
  });
}

describeService("kafka", { sasl: "PLAIN" }, (kafka) => {
  signsIn(kafka, { disableTls: "true" });
});

describeService("kafka", { sasl: "SCRAM-SHA-256", tls: "server" }, (kafka) => {
  signsIn(kafka, { saslMechanism: "SHA-256", caCert: kafka.certificates!.ca });
});

describeService("kafka", { sasl: "SCRAM-SHA-512" }, (kafka) => {
  signsIn(kafka, { saslMechanism: "SHA-512", disableTls: "true" });
});
