// A component's executable as a package has it, of several kinds. To be started, asked, stopped and killed by tests.
import { defineStateStore } from "@trilby/kit";
import { serve } from "@trilby/kit/serve";
import { bell, drawer, puppet, shelf } from "./components.ts";

const { definition: bus, sources } = puppet();

/** Misbehaves on demand. */
const rogue = defineStateStore({
  type: "state.puppet",
  version: "v1",
  status: "alpha",
  title: "Rogue",
  description: "Misbehaves, and makes the puppet deliver.",
  placement: "child",
  features: [],
  metadata: {},
  async open(_, { logger }) {
    return {
      get: async () => undefined,
      async set({ key, value }) {
        if (key === "deliver") {
          const text = new TextDecoder().decode(value);
          sources
            .at(-1)!
            .deliver({ data: value, topic: "orders", metadata: {} })
            .then(
              () => logger.info(`handled ${text}`),
              (error: { code: string }) => logger.info(`not handled ${text}: ${error.code}`),
            );
        }
        if (key === "reject") void Promise.reject(new Error("nobody handles this"));
        if (key === "throw")
          setImmediate(() => {
            throw new Error("nobody catches this");
          });
        if (key === "hang") await new Promise(() => undefined);
      },
      delete: async () => undefined,
      close: async () => undefined,
    };
  },
});

await serve([shelf().definition, bus, rogue, bell().definition, drawer], { version: "1.2.3", drainMs: 3000 });
