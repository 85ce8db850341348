import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "vitest";
import { describeService } from "@trilby/services/vitest";
import type { Service } from "../src/service.ts";

describeService("mosquitto", { killable: true }, (mosquitto) => {
  test("keeps its messages and port when it is killed", async () => {
    client(mosquitto, "mosquitto_pub", "-t", "kept", "-m", "yes", "-r", "-q", "1");
    await mosquitto.kill();
    assert.throws(() => client(mosquitto, "mosquitto_pub", "-t", "kept", "-m", "no"), /refused/);
    await mosquitto.restart();
    assert.equal(client(mosquitto, "mosquitto_sub", "-t", "kept", "-C", "1", "-W", "5"), "yes");
  });
});

describeService("mosquitto", { username: "me", password: "pass", tls: "mutual" }, (mosquitto) => {
  test("asks for the password over TLS with both certificates", () => {
    const { caFile, clientCertificateFile, clientKeyFile } = mosquitto.certificates!;
    const tls = ["--cafile", caFile, "--cert", clientCertificateFile, "--key", clientKeyFile];
    const publish = ["-t", "topic", "-m", "x", "-q", "1"];
    client(mosquitto, "mosquitto_pub", ...publish, ...tls, "-u", "me", "-P", "pass");
    assert.throws(
      () => client(mosquitto, "mosquitto_pub", ...publish, ...tls, "-u", "me", "-P", "no"),
      /not authorised/i,
    );
    assert.throws(() => client(mosquitto, "mosquitto_pub", ...publish, "--cafile", caFile, "-u", "me", "-P", "pass"));
  });
});

function client(mosquitto: Service, program: string, ...words: string[]): string {
  return execFileSync(program, ["-h", mosquitto.host, "-p", String(mosquitto.port), ...words], {
    encoding: "utf8",
    stdio: "pipe",
    timeout: 10_000,
  }).trim();
}
