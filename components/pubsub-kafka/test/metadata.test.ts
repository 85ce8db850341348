import { describe, expect, it } from "vitest";
import { open, openBroker } from "./open.ts";

/** Fails soon enough for a test. */
const impatient = { producerRetryMax: "0", dialTimeout: "2s" };

describe("metadata", () => {
  const brokers = "127.0.0.1:1";

  it.each([
    [{ brokers }, /authType is required: none, password, mtls or certificate/],
    [{ brokers, authType: "password", saslUsername: "u" }, /saslPassword is required with authType password/],
    [{ brokers, authType: "certificate" }, /caCert is required/],
    [{ brokers, authType: "mtls", clientCert: "-----BEGIN x" }, /clientCert and clientKey are required/],
    [
      { brokers, authType: "mtls", clientCert: "x", clientKey: "y", disableTls: "true" },
      /mtls needs TLS.*clientCert must be PEM/,
    ],
    [{ brokers, authType: "oidc" }, /authType oidc is not supported yet/],
    [{ brokers, authType: "awsiam", awsRegion: "eu" }, /authType awsiam is not supported yet/],
    [{ brokers, authType: "basic" }, /authType must be one of none, password/],
    [{ brokers, authType: "none", compression: "lz4" }, /compression lz4 is not supported yet/],
    [{ brokers, authType: "none", consumerGroupRebalanceStrategy: "sticky" }, /sticky is not supported yet/],
    [{ brokers, authType: "none", schemaRegistryURL: "http://x" }, /Avro is not supported yet/],
    [{ brokers, authType: "none", heartbeatInterval: "10s" }, /heartbeatInterval must be shorter than sessionTimeout/],
    [{ brokers, authType: "none", excludeHeaderMetaRegex: "(" }, /not a regular expression/],
    [{ brokers: "localhost", authType: "none" }, /brokers must be host:port, but one is "localhost"/],
    [
      { brokers, authType: "none", initalOffset: "newest" },
      /initalOffset is not a metadata field.*did you mean initialOffset/,
    ],
  ])("%o is refused", async (properties, message) => {
    await expect(open(properties)).rejects.toMatchObject({ code: "invalid-metadata", message });
  });

  it("names the brokers that cannot be reached", async () => {
    await expect(openBroker(brokers, impatient)).rejects.toMatchObject({
      code: "unavailable",
      message: /cannot connect to the brokers at 127\.0\.0\.1:1: .*ECONNREFUSED/,
    });
  });
});
