import assert from "node:assert/strict";
import { ComponentError } from "@trilby/kit";
import { refused } from "../core/expect.ts";
import { oddCase, unknownField } from "../core/opening.ts";
import { propertiesOf, type BindingCase, type BindingWorld } from "./binding.ts";

export const lifetimeCases: readonly BindingCase[] = [
  {
    id: "bindings/metadata-names-are-compared-without-case",
    class: "hostile",
    async run(world) {
      const { instance } = await world.open({ properties: oddCase(propertiesOf(world, world.unique("odd"))) });
      await alive(instance);
    },
  },
  {
    id: "bindings/unknown-metadata-is-refused-by-name",
    class: "hostile",
    abilities: ["in-process"],
    async run(world) {
      const properties = propertiesOf(world, world.unique("refused"));
      const error = await refused(world.open({ properties: { ...properties, ...unknownField } }), "invalid-metadata");
      assert.match(error.message, /trilbyUnknownField/);
    },
  },
  {
    id: "bindings/a-closed-instance-refuses-calls",
    class: "functional",
    abilities: ["in-process"],
    async run(world) {
      const { instance, close } = await world.open({ properties: propertiesOf(world, world.unique("closed")) });
      await close();
      if (instance.invoke)
        await refused(
          instance.invoke({ operation: instance.operations![0]!, data: new Uint8Array(), metadata: {} }),
          "closed",
        );
      if (instance.read)
        await refused(
          instance.read(async () => new Uint8Array()),
          "closed",
        );
    },
  },
  {
    id: "bindings/closing-one-instance-leaves-the-others-alone",
    class: "functional",
    async run(world) {
      const other = await world.open({ properties: propertiesOf(world, world.unique("other")) });
      await other.close();
      await alive(world.instance);
    },
  },
];

async function alive(instance: BindingWorld["instance"]): Promise<void> {
  await instance.ping?.().catch((error: unknown) => {
    assert.ok(ComponentError.is(error) && error.code === "unimplemented", `ping was refused: ${String(error)}`);
  });
  if (!instance.read) return;
  const reader = await instance.read(async () => new Uint8Array());
  await reader.close();
}
