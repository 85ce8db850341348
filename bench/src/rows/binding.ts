import { startService } from "@trilby/services";
import { loadHttp } from "../load.ts";
import { httpRequest, jsonOf } from "../requests.ts";
import type { Group, Measure } from "../row.ts";
import { openSubject, subjectNames } from "../subjects.ts";
import type { World } from "../world.ts";

const body = Buffer.concat([Buffer.from('{"operation":"create","data":'), jsonOf(1_024), Buffer.from("}")]);

export const binding: Group = {
  title: "Bindings",
  rows: [
    {
      id: "binding-mqtt-http-64",
      title: "HTTP binding out, MQTT, 64 in flight",
      about: "bindings.mqtt3 to Mosquitto, at least once, 1 KB.",
      baseline: subjectNames.builtin,
      subjects: Object.fromEntries(
        (["builtin", "inProcess", "child"] as const).map((key): [string, Measure] => [
          subjectNames[key],
          async (world, round) => {
            const { url, pid } = await mosquitto(world);
            const subject = await world.once(`binding ${key}`, () => {
              const metadata = { url, topic: "bench", consumerID: `bench-${key}`, qos: "1", direction: "output" };
              const component = { name: "bell", type: "bindings.mqtt3", metadata, package: "bindings-mqtt" };
              return openSubject(key, { components: [component], backends: pid === undefined ? [] : [pid] });
            });
            const requests = [httpRequest("POST", "/v1.0/bindings/bell", body)];
            return loadHttp(
              { address: subject.http, connections: 64, requests, expect: [200, 204] },
              subject.watched(),
              round,
            );
          },
        ]),
      ),
    },
  ],
};

function mosquitto(world: World) {
  return world.once("mosquitto", async () => {
    const service = await startService("mosquitto", { persistence: false });
    return { url: `mqtt://${service.address}`, pid: service.pid, close: () => service.stop() };
  });
}
