import { expect, it } from "vitest";
import { openBinding } from "./open.ts";

const url = "mqtt://127.0.0.1:1";

it.each([
  [{ url: "" }, /url is required/],
  [{ url: "localhost:1883" }, /url must begin with mqtt:\/\//],
  [{ url: "no address, secret" }, /^(?!.*no address).*url must be an address/],
  [{ url, topic: "" }, /topic is required/],
  [{ url, consumerID: "" }, /consumerID is required/],
  [{ url, topic: "a/#/b" }, /topic is not a topic filter: # must stand alone at the end/],
  [{ url, topic: "a+/b" }, /\+ must stand alone/],
  [{ url, topic: "$share//b" }, /the group of a shared subscription must be a name/],
  [{ url, topic: "$share/g" }, /a shared subscription needs a topic/],
  [{ url, protocolVersion: "3" }, /protocolVersion must be one of 4, 5/],
  [{ url, clientCert: "-----BEGIN x" }, /clientCert and clientKey belong together/],
  [{ url, caCert: "file.pem" }, /caCert must be PEM text/],
  [{ url, cleanSesion: "true" }, /did you mean cleanSession/],
])("%o is refused", async (properties, message) => {
  const { url: address, ...others } = properties;
  await expect(openBinding(address, others)).rejects.toMatchObject({ code: "invalid-metadata", message });
});
