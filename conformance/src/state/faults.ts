import assert from "node:assert/strict";
import { text } from "../core/bytes.ts";
import { eventually, pause, settled } from "../core/expect.ts";
import { getting, holds, setting, type StateCase } from "./requests.ts";

const unlessDurable = ({ durable }: { durable: boolean }) =>
  durable ? undefined : "items do not outlive the process that holds them";
const recoveryMs = 30_000;

export const faultCases: readonly StateCase[] = [
  {
    id: "state/what-was-acknowledged-is-there-after-the-component-was-killed",
    class: "fault",
    abilities: ["kill-component"],
    unless: unlessDurable,
    async run({ instance, process, open, unique }) {
      const run = unique("killed");
      const acknowledged: string[] = [];
      const writing = (async () => {
        for (let index = 0; ; index++) {
          await instance.set(setting(`${run}-${index}`, `value ${index}`));
          acknowledged.push(`${run}-${index}`);
          // A store in memory answers at once: leave room for everything else.
          await pause(1);
        }
      })().catch(() => {});
      await eventually(5_000, () => assert.ok(acknowledged.length >= 20, "20 writes were not acknowledged"));
      await process!.kill();
      await writing;
      await process!.restart();
      const { instance: after } = await open();
      for (const [index, key] of acknowledged.entries()) await holds(after, key, `value ${index}`);
      await after.set(setting(`${run}-new`, "works"));
      await holds(after, `${run}-new`, "works");
    },
  },
  {
    id: "state/calls-end-while-the-backend-is-down-and-work-again-when-it-is-back",
    class: "fault",
    abilities: ["stop-backend"],
    unless: unlessDurable,
    timeoutMs: 90_000,
    async run({ instance, backend, unique, facts }) {
      const key = unique("outage");
      await instance.set(setting(key, "before"));
      await backend!.kill();
      const down = instance.set(setting(unique("down"), "value"));
      assert.equal(await settled(down, facts.outageTimeoutMs, "a set while the backend is down"), "rejected");
      await backend!.restart();
      await eventually(recoveryMs, () => instance.set(setting(unique("after"), "value")));
      await instance.set(setting(key, "after"));
      await holds(instance, key, "after");
    },
  },
  {
    id: "state/a-backend-that-hangs-for-a-while-loses-nothing-that-was-acknowledged",
    class: "fault",
    abilities: ["slow-backend"],
    timeoutMs: 60_000,
    async run({ instance, backend, unique }) {
      const run = unique("slow");
      const acknowledged = new Map<string, string>();
      const write = async (index: number): Promise<void> => {
        await instance.set(setting(`${run}-${index % 10}-${index}`, String(index)));
        acknowledged.set(`${run}-${index % 10}-${index}`, String(index));
      };
      await write(0);
      await backend!.pause();
      const writes = Promise.allSettled(Array.from({ length: 20 }, (_, index) => write(index + 1)));
      await pause(1_000);
      await backend!.resume();
      assert.equal(await settled(writes, 30_000, "writes to a backend that hung for a second"), "resolved");
      await eventually(recoveryMs, () => instance.get(getting(`${run}-0-0`)));
      for (const [key, value] of acknowledged) {
        const result = await instance.get(getting(key));
        assert.equal(result && text(result.data), value, `${key} was acknowledged and is not there`);
      }
    },
  },
];
