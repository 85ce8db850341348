import { bool, choice, integer, text, type Options } from "@trilby/kit";
import { addressProblem } from "./address.ts";
import { filterProblem } from "./topics.ts";

export const mqttFields = {
  url: text({
    description:
      "Address of the broker. May hold a user name and a password. Schemes: mqtt, mqtts, ws, wss (or tcp, ssl, tls).",
    required: true,
    sensitive: true,
    example: "mqtt://localhost:1883",
  }),
  topic: text({
    description: "Topic to publish to, and topic or filter to read. A filter may begin with $share/GROUP/.",
    required: true,
    example: "orders",
  }),
  consumerID: text({
    description: "Begin of the client identifiers: -producer and -consumer are put behind it.",
    required: true,
    example: "orders-app",
  }),
  protocolVersion: choice({
    description: "4 for MQTT 3.1.1, 5 for MQTT 5.",
    allowedValues: ["4", "5"],
    default: "4",
  }),
  qos: integer({ description: "Has no effect: always 1.", deprecated: true }),
  retain: bool({
    description: "The broker keeps the last message for those who subscribe later.",
    default: false,
    direction: "output",
  }),
  cleanSession: bool({
    description:
      "The broker forgets us when we are gone, and with us the messages that came meanwhile or were not acknowledged.",
    default: false,
  }),
  backOffMaxRetries: integer({
    description:
      "How many times an event that the application refused is delivered again, 5 s apart, before an error is logged and half a minute goes by. -1: no limit.",
    default: 0,
    min: -1,
    direction: "input",
  }),
  caCert: text({ description: "Certificate of the authority that signed the broker's certificate, PEM." }),
  clientCert: text({ description: "Client certificate for mutual TLS, PEM." }),
  clientKey: text({ description: "Key of the client certificate, PEM.", sensitive: true }),
};

export type MqttOptions = Options<typeof mqttFields>;

export function mqttProblems(options: MqttOptions): string[] {
  const { url, topic, caCert, clientCert, clientKey } = options;
  // Absent where they could not be read, which is reported already.
  const problems = [url && addressProblem(url), topic && filterProblem(topic)].filter(
    (problem) => typeof problem === "string" && problem !== "",
  );
  if (!clientCert !== !clientKey) problems.push("clientCert and clientKey belong together: give both or neither");
  for (const [name, value] of Object.entries({ caCert, clientCert, clientKey })) {
    if (value && !value.includes("-----BEGIN")) problems.push(`${name} must be PEM text, which begins with -----BEGIN`);
  }
  return problems as string[];
}
