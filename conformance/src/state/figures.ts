import { latencies, throughput } from "../core/measure.ts";
import { getting, holds, setting, type StateCase } from "./requests.ts";

const value = "x".repeat(1_024);

export const figureCases: readonly StateCase[] = [
  {
    id: "state/figures-of-get-and-set",
    class: "figure",
    async run({ instance, unique, measured }) {
      const key = unique("figure");
      await instance.set(setting(key, value));
      const get = await latencies(200, () => instance.get(getting(key)));
      const set = await latencies(200, () => instance.set(setting(key, value)));
      measured("getP50Ms", get.p50Ms);
      measured("getP99Ms", get.p99Ms);
      measured("setP50Ms", set.p50Ms);
      measured("setP99Ms", set.p99Ms);
      measured("getsPerSecond", await throughput(16, 500, () => instance.get(getting(key))));
      measured(
        "setsPerSecond",
        await throughput(16, 500, (index) => instance.set(setting(`${key}-${index % 100}`, value))),
      );
      // A store that is fast because it does nothing is not fast.
      await holds(instance, key, value);
      await holds(instance, `${key}-0`, value);
    },
  },
];
