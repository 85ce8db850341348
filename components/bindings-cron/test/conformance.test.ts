import { conform } from "@trilby/conformance/vitest";
import definition from "../src/index.ts";

conform(definition, { package: new URL("..", import.meta.url), properties: { schedule: "@every 250ms" } });
