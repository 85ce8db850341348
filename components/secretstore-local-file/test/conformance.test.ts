import { fileURLToPath } from "node:url";
import { conform } from "@trilby/conformance/vitest";
import definition from "../src/index.ts";

const secretsFile = fileURLToPath(new URL("secrets.json", import.meta.url));
const single = {
  conftestsecret: { conftestsecret: "abcd" },
  "database:user": { "database:user": "u" },
  "database:port": { "database:port": "5432" },
};
const multiple = { conftestsecret: { conftestsecret: "abcd" }, database: { user: "u", port: "5432" } };

conform(definition, {
  package: new URL("..", import.meta.url),
  properties: { secretsFile },
  features: [],
  facts: { secrets: single },
});
conform(definition, {
  package: new URL("..", import.meta.url),
  variant: "multiValued",
  properties: { secretsFile, multiValued: "true" },
  facts: { secrets: multiple },
});
