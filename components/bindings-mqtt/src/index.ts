import { defineBinding } from "@trilby/kit";
import { mqttFields, mqttProblems } from "./fields.ts";

export default defineBinding({
  type: "bindings.mqtt3",
  aliases: ["bindings.mqtt"],
  version: "v1",
  status: "stable",
  title: "MQTT",
  description: "Publishes to and reads from topics of an MQTT broker, MQTT 3.1.1 or 5.",
  urls: [
    {
      title: "Reference",
      url: "https://docs.dapr.io/reference/components-reference/supported-bindings/mqtt3/",
    },
  ],
  placement: "child",
  binding: {
    input: true,
    output: true,
    operations: [
      { name: "create", description: "Publishes the data to the topic, or to the one in the metadata of the request." },
    ],
  },
  metadata: mqttFields,
  check: (options) => mqttProblems(options),

  async open(options, context) {
    const { openMqttBinding } = await import("./binding.ts");
    return openMqttBinding(options, context);
  },
});
