import assert from "node:assert/strict";
import { oddCase, unknownField } from "../core/opening.ts";
import { refused } from "../core/expect.ts";
import { getting, holds, setting, type StateCase } from "./requests.ts";

export const lifetimeCases: readonly StateCase[] = [
  {
    id: "state/a-closed-instance-refuses-calls",
    class: "functional",
    abilities: ["in-process"],
    async run({ open, unique }) {
      const { instance, close } = await open();
      await instance.set(setting(unique("before"), "value"));
      await close();
      await refused(instance.get(getting("any")), "closed");
      await refused(instance.set(setting("any", "lost")), "closed");
    },
  },
  {
    id: "state/closing-one-instance-leaves-the-others-alone",
    class: "functional",
    async run({ open, instance, unique }) {
      const key = unique("kept");
      await instance.set(setting(key, "value"));
      const other = await open();
      await other.instance.set(setting(unique("other"), "value"));
      await other.close();
      await holds(instance, key, "value");
    },
  },
  {
    id: "state/metadata-names-are-compared-without-case",
    class: "hostile",
    async run({ open, properties, unique }) {
      const { instance } = await open({ properties: oddCase(properties) });
      const key = unique("odd");
      await instance.set(setting(key, "value"));
      await holds(instance, key, "value");
    },
  },
  {
    id: "state/unknown-metadata-is-refused-by-name",
    class: "hostile",
    abilities: ["in-process"],
    async run({ open, properties }) {
      const error = await refused(open({ properties: { ...properties, ...unknownField } }), "invalid-metadata");
      assert.match(error.message, /trilbyUnknownField/);
    },
  },
];
