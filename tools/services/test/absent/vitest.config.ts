import { defineConfig } from "vitest/config";

// Run by ../resolution.test.ts alone.
export default defineConfig({ test: { include: ["absent.suite.ts"] } });
