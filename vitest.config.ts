import { defineConfig } from "vitest/config";

// Tests read the workspace's TypeScript sources; NODE_OPTIONS carries the same condition to child processes.
const conditions = ["@trilby/source"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: [
      "*/test/**/*.test.ts",
      "tools/*/test/**/*.test.ts",
      "components/*/test/**/*.test.ts",
      "examples/*/test/**/*.test.ts",
      "interop/*/test/**/*.test.ts",
    ],
    exclude: ["**/node_modules/**", "**/dist/**"],
    pool: "forks",
    execArgv: ["--conditions=@trilby/source"],
    env: { NODE_OPTIONS: "--conditions=@trilby/source" },
    // Conformance cases wait more than they work.
    maxConcurrency: 16,
    // What a test polls for may come late on a busy machine; it fails when it never comes.
    expect: { poll: { timeout: 10_000, interval: 20 } },
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
