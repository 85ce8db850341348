import { describeService } from "@trilby/services/vitest";
import { expect, it } from "vitest";
import { create, inbox, openBinding, recordingLogger } from "./open.ts";

async function roundTrip(url: string, properties: Record<string, string> = {}): Promise<void> {
  const binding = await openBinding(url, properties);
  const box = inbox();
  await binding.read(box.deliver);
  await create(binding, "safe");
  await expect.poll(() => box.texts).toEqual(["safe"]);
}

describeService("mosquitto", { username: "us er@", password: "p:/?#[]%41" }, (mosquitto) => {
  const versions = [{ protocolVersion: "4" }, { protocolVersion: "5" }];

  it.each(versions)("signs in with the credentials of the address, with %o", (version) =>
    roundTrip(mosquitto.url, version),
  );

  it.each(versions)("says that they are wrong, and not which they were, with %o", async (version) => {
    const { lines, logger } = recordingLogger();
    const binding = await openBinding(`mqtt://trilby:not-the-password@${mosquitto.address}`, version, logger);
    const errors = await Promise.all([
      create(binding, "x").catch((error: unknown) => error),
      binding.read(inbox().deliver).catch((error: unknown) => error),
      binding.ping().catch((error: unknown) => error),
    ]);
    for (const error of errors)
      expect(error).toMatchObject({
        code: "permission-denied",
        message: /the MQTT broker cannot be used: Connection refused: Not authorized/,
      });
    expect(JSON.stringify([errors.map(String), lines])).not.toContain("not-the-password");
  });
});

describeService("mosquitto", { tls: "server" }, (mosquitto) => {
  const { ca, clientCertificate } = mosquitto.certificates!;

  it("checks the broker by the authority's certificate", () => roundTrip(mosquitto.url, { caCert: ca }));

  it("takes the other names of the scheme", () => roundTrip(mosquitto.url.replace("mqtts:", "ssl:"), { caCert: ca }));

  it("does not trust a broker of another authority", async () => {
    const binding = await openBinding(mosquitto.url, { caCert: clientCertificate });
    await expect(create(binding, "x")).rejects.toMatchObject({ code: "failed-precondition", message: /certificate/ });
    await expect(binding.read(inbox().deliver)).rejects.toMatchObject({ code: "failed-precondition" });
  });
});

describeService("mosquitto", { tls: "mutual" }, (mosquitto) => {
  const { ca, clientCertificate, clientKey } = mosquitto.certificates!;

  it("shows a client certificate", () =>
    roundTrip(mosquitto.url, { caCert: ca, clientCert: clientCertificate, clientKey }));
});
