import { join } from "node:path";
import { buildGo } from "@trilby/interop-judging";
import type { Language } from "./language.ts";

export const go: Language = {
  name: "go",
  // The SDK's client speaks gRPC alone, its server both.
  combinations: [
    { client: "grpc", app: "http" },
    { client: "grpc", app: "grpc" },
  ],
  build: () => ({ program: buildGo("sdk-go", join(import.meta.dirname, "..", "go"), ["build"]), words: [] }),
};
