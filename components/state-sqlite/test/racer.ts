import { workerData, type MessagePort } from "node:worker_threads";
import { openComponent } from "@trilby/kit";
import sqlite from "@trilby/state-sqlite";
import { setting } from "@trilby/conformance/requests";

// One of several threads that want to be the first to write each key.
const { connectionString, rounds, port } = workerData as {
  connectionString: string;
  rounds: number;
  port: MessagePort;
};
const { instance, close } = await openComponent(sqlite, {
  name: "racer",
  properties: { connectionString, busyTimeout: "10s" },
});
const won: number[] = [];
const codes = new Set<string>();
for (let round = 0; round < rounds; round++) {
  const writes = Array.from({ length: 16 }, () =>
    instance.set(setting(`race-${round}`, "x", { concurrency: "first-write" })),
  );
  for (const outcome of await Promise.allSettled(writes)) {
    if (outcome.status === "fulfilled") won.push(round);
    else codes.add((outcome.reason as { code: string }).code);
  }
}
await close();
port.postMessage({ won, codes: [...codes] });
port.close();
