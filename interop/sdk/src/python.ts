import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildPython } from "@trilby/interop-judging";
import type { Language } from "./language.ts";

/** `dapr` with its extensions, in a virtual environment in the cache. */
export const python: Language = {
  name: "python",
  // The SDK's client speaks gRPC alone.
  combinations: [
    { client: "grpc", app: "http" },
    { client: "grpc", app: "grpc" },
  ],
  build: () => ({
    program: buildPython(environmentName(), folder),
    words: [join(folder, "app.py")],
    environment: { PYTHONDONTWRITEBYTECODE: "1", PYTHONUNBUFFERED: "1" },
  }),
};

const folder = join(import.meta.dirname, "..", "python");

/** The SDK's version names the environment: another one does not throw away what a checkout beside this one uses. */
function environmentName(): string {
  const [, version] = /^dapr==(.+)$/m.exec(readFileSync(join(folder, "requirements.txt"), "utf8"))!;
  return `sdk-python-${version}`;
}
