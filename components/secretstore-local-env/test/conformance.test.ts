import { conform } from "@trilby/conformance/vitest";
import definition from "../src/index.ts";

const environment = { conftestsecret: "abcd", secondsecret: "efgh" };
Object.assign(process.env, environment);

conform(definition, { package: new URL("..", import.meta.url), properties: {}, environment });
