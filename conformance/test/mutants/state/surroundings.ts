import { ComponentError } from "@trilby/kit";
import { bytesOf, type StateMutant } from "./reference.ts";

export const surroundingMutants: readonly StateMutant[] = [
  {
    name: "works on after close",
    caughtBy: ["state/a-closed-instance-refuses-calls"],
    methods: () => ({ async close() {} }),
    open: async (settings, right) => ({ ...(await right(settings)), async close() {} }),
  },
  {
    name: "closes the backend for all",
    caughtBy: ["state/closing-one-instance-leaves-the-others-alone"],
    open: async (settings, right, backend) => ({ ...(await right(settings)), close: () => backend.kill() }),
  },
  {
    name: "knows only one spelling of its metadata",
    caughtBy: ["state/metadata-names-are-compared-without-case"],
    async open({ properties = { label: "" }, ...settings }, right) {
      if (!Object.hasOwn(properties, "label")) throw new ComponentError("invalid-metadata", "label is missing");
      return right({ properties, ...settings });
    },
  },
  {
    name: "ignores metadata that it does not know",
    caughtBy: ["state/unknown-metadata-is-refused-by-name"],
    open: ({ name = "reference" }, right) => right({ name }),
  },
  {
    name: "acknowledges first and stores later",
    caughtBy: [
      "state/what-was-acknowledged-is-there-after-the-component-was-killed",
      "state/a-backend-that-hangs-for-a-while-loses-nothing-that-was-acknowledged",
    ],
    methods: (right, backend) => ({
      async set(request) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        // In memory of its process for a while, and gone with it; given up when the backend does not answer at once.
        if (!backend.isDown) setTimeout(() => void right.set(request).catch(() => undefined), 200);
      },
    }),
  },
  {
    name: "waits for ever when the backend is down",
    caughtBy: ["state/calls-end-while-the-backend-is-down-and-work-again-when-it-is-back"],
    methods: (right, backend) => ({
      async set(request) {
        if (backend.isDown) await new Promise(() => undefined);
        await right.set(request);
      },
    }),
  },
  {
    name: "does nothing, and fast",
    caughtBy: ["state/figures-of-get-and-set"],
    methods: () => ({ async set() {}, get: async () => ({ data: bytesOf("") }) }),
  },
];
