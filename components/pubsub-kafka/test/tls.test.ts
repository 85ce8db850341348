import { describeService } from "@trilby/services/vitest";
import { expect, it } from "vitest";
import { open } from "./open.ts";
import { impatient, roundTrip } from "./round-trip.ts";

describeService("kafka", { tls: "server" }, (kafka) => {
  const { ca, clientCertificate: stranger } = kafka.certificates!;
  const properties = { brokers: kafka.address, authType: "certificate" };

  it("checks the broker by the authority's certificate", () => roundTrip({ ...properties, caCert: ca }));

  it("skips the check when told so", () => roundTrip({ ...properties, caCert: stranger, skipVerify: "true" }));

  it("does not trust a broker of another authority", async () => {
    await expect(open({ ...properties, ...impatient, caCert: stranger })).rejects.toMatchObject({
      code: "unavailable",
      message: /certificate/,
    });
  });

  it("fails where one side has TLS and the other has not", async () => {
    const plain = { brokers: kafka.address, authType: "none", ...impatient, readTimeout: "1s" };
    await expect(open(plain)).rejects.toMatchObject({ message: /cannot connect to the brokers/ });
  });
});

describeService("kafka", { tls: "mutual" }, (kafka) => {
  const { ca, clientCertificate, clientKey } = kafka.certificates!;
  const properties = { brokers: kafka.address, caCert: ca };

  it("shows a client certificate", () =>
    roundTrip({ ...properties, authType: "mtls", clientCert: clientCertificate, clientKey }));

  it("is refused without one", async () => {
    await expect(open({ ...properties, ...impatient, authType: "certificate" })).rejects.toMatchObject({
      message: /cannot connect to the brokers/,
    });
  });
});
