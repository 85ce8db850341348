import { holds, setting, stored, type StateCase } from "./requests.ts";
import assert from "node:assert/strict";

export const hostileMetadataCases: readonly StateCase[] = [
  {
    id: "state/unknown-request-metadata-is-ignored",
    class: "hostile",
    async run({ instance, unique }) {
      const key = unique("item");
      const metadata = {
        "x-unknown": "1",
        "": "empty name",
        __proto__: "x",
        'q"uote': "'; --",
        traceparent: "00-0-0-00",
      };
      await instance.set(setting(key, "value", { metadata }));
      const { metadata: answered = {} } = await stored(instance, key, { metadata });
      assert.ok(!("x-unknown" in answered), "the request's metadata came back with the item");
      await holds(instance, key, "value", { metadata });
    },
  },
  {
    id: "state/an-etag-of-odd-text-is-refused-and-harmless",
    class: "hostile",
    needs: ["ETAG"],
    async run({ instance, unique }) {
      const key = unique("item");
      await instance.set(setting(key, "kept"));
      for (const etag of [
        "' OR '1'='1",
        "%",
        "*",
        "\u0000",
        "-1",
        "1e9",
        "NaN",
        "99999999999999999999",
        "🎩",
        "x".repeat(10_000),
      ]) {
        await assert.rejects(
          instance.set(setting(key, "lost", { etag })),
          `the etag ${JSON.stringify(etag.slice(0, 30))} was taken`,
        );
      }
      await holds(instance, key, "kept");
    },
  },
];
