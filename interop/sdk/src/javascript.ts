import { join } from "node:path";
import type { Language } from "./language.ts";

/** `@dapr/dapr` as the lock file has it. */
export const javascript: Language = {
  name: "javascript",
  combinations: [
    { client: "http", app: "http" },
    { client: "grpc", app: "grpc" },
  ],
  build: () => ({
    program: process.execPath,
    words: [join(import.meta.dirname, "..", "javascript", "app.ts")],
  }),
};
