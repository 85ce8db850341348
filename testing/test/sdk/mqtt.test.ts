import { describeService } from "@trilby/services/vitest";

import { bindingPart } from "./binding-part.ts";
import { judge } from "./world.ts";

describeService("mosquitto", (mosquitto) => {
  judge(
    [
      {
        name: "mqtt",
        type: "bindings.mqtt3",
        package: "bindings-mqtt",
        properties: { url: mosquitto.url, topic: "sdk/events", consumerID: "sdk" },
      },
    ],
    [bindingPart("mqtt")],
  );
});
