import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import {
  bool,
  choice,
  defineBinding,
  definePubSub,
  defineStateStore,
  duration,
  integer,
  list,
  size,
  text,
} from "../../src/index.ts";
import {
  checkManifest,
  componentMetadata,
  componentSchema,
  fieldTable,
  manifestEntry,
} from "../../src/manifest/index.ts";

const open = () => Promise.reject(new Error("not opened here"));
const store = defineStateStore({
  type: "state.example.net",
  aliases: ["state.example"],
  version: "v2",
  status: "beta",
  title: "Example",
  description: "For tests.",
  urls: [
    {
      title: "Reference",
      url: "https://docs.dapr.io/reference/components-reference/supported-state-stores/setup-example/",
    },
  ],
  placement: "child",
  features: ["ETAG", "TRANSACTIONAL", "TTL"],
  metadata: {
    host: text({ description: "Host.", required: true, example: "localhost:1", aliases: ["address"] }),
    password: text({ description: "Password.", sensitive: true, default: "" }),
    mode: choice({ description: "Mode a|b.", allowedValues: ["map", "text"], default: "map" }),
    enableTLS: bool({ description: "TLS.", default: false }),
    port: integer({ description: "Port.", default: 1 }),
    timeout: duration({ description: "Timeout.", default: "5s", deprecated: true }),
    limit: size({ description: "Limit." }),
    hosts: list({ description: "Hosts." }),
  },
  open,
});
const binding = defineBinding({
  type: "bindings.example",
  version: "v1",
  status: "stable",
  title: "Example",
  description: "For tests.",
  placement: "in-process",
  binding: { input: true, output: true, operations: [{ name: "create", description: "Creates." }] },
  metadata: { topic: text({ description: "Topic.", required: true, direction: "output" }) },
  open,
});

test("Dapr's metadata document", () => {
  expect(componentMetadata(store)).toEqual({
    schemaVersion: "v1",
    type: "state",
    name: "example.net",
    version: "v2",
    status: "beta",
    title: "Example",
    description: "For tests.",
    urls: store.urls,
    capabilities: ["crud", "etag", "transactional", "ttl", "actorStateStore"],
    metadata: [
      { name: "host", required: true, description: "Host.", example: "localhost:1" },
      { name: "password", sensitive: true, description: "Password.", default: "", example: "my password" },
      { name: "mode", description: "Mode a|b.", default: "map", example: "map", allowedValues: ["map", "text"] },
      { name: "enableTLS", description: "TLS.", type: "bool", default: "false", example: "false" },
      { name: "port", description: "Port.", type: "number", default: "1", example: "1" },
      { name: "timeout", deprecated: true, description: "Timeout.", type: "duration", default: "5s", example: "5s" },
      { name: "limit", description: "Limit.", type: "bytesize", example: "4Mi" },
      { name: "hosts", description: "Hosts.", example: "my hosts" },
    ],
  });
  expect(componentMetadata(binding)).toMatchObject({
    binding: { input: true, output: true, operations: [{ name: "create" }] },
    urls: [{ title: "Reference" }],
    metadata: [{ name: "topic", binding: { output: true } }],
  });
  const broker = definePubSub({
    type: "pubsub.example",
    version: "v1",
    status: "alpha",
    title: "E",
    description: "E.",
    placement: "child",
    features: ["MESSAGE_TTL", "BULK_PUBSUB"],
    metadata: {},
    open,
  });
  expect(componentMetadata(broker).capabilities).toEqual(["ttl"]);
});

describe("the editors' schema", () => {
  const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(componentSchema([store]) as object);
  const resource = (metadata: object[], spec: object = {}) => ({
    apiVersion: "dapr.io/v1alpha1",
    kind: "Component",
    metadata: { name: "x" },
    spec: { type: "state.example", version: "v2", metadata, ...spec },
  });
  const host = { name: "host", value: "h" };

  test.each([
    [resource([host])],
    [resource([{ name: "address", value: "h" }], { type: "state.example.net" })],
    [
      resource([
        { name: "host", secretKeyRef: { name: "s", key: "k" } },
        { name: "keyPrefix", value: "name" },
        { name: "unknownMetadata", value: "allow" },
      ]),
    ],
    [
      resource([
        host,
        { name: "enableTLS", value: true },
        { name: "port", value: 5 },
        { name: "timeout", value: "1m" },
        { name: "limit", value: "5Mi" },
      ]),
    ],
    [
      resource([
        host,
        { name: "enableTLS", value: "Yes" },
        { name: "port", value: "5" },
        { name: "timeout", value: 5 },
        { name: "mode", value: "text" },
      ]),
    ],
    [resource([host, { name: "port", value: "{appID}" }, { name: "hosts", value: 5 }])],
  ])("takes %j", (document) => {
    validate(document);
    expect(validate.errors).toBeNull();
  });

  test.each([
    ["a missing required field", resource([{ name: "port", value: 1 }])],
    ["an unknown field", resource([host, { name: "hots", value: "h" }])],
    ["another type", resource([host], { type: "state.other" })],
    ["another version", resource([host], { version: "v1" })],
    ["a bool that is none", resource([host, { name: "enableTLS", value: "treu" }])],
    ["a number that is none", resource([host, { name: "port", value: "five" }])],
    ["a duration that is none", resource([host, { name: "timeout", value: "soon" }])],
    ["a size that is none", resource([host, { name: "limit", value: "5MB" }])],
    ["a value outside the choice", resource([host, { name: "mode", value: "mapp" }])],
    ["a value that is an object", resource([{ name: "host", value: {} }])],
  ])("refuses %s", (_, document) => expect(validate(document)).toBe(false));

  test("holds several definitions", () => {
    const either = new Ajv({ allowUnionTypes: true }).compile(componentSchema([store, binding]) as object);
    const spec = { type: "bindings.example", version: "v1" };
    expect(either({ ...resource([]), spec })).toBe(true);
    expect(either({ ...resource([]), spec: { ...spec, type: "bindings.other" } })).toBe(false);
  });
});

test("the table of fields", () => {
  const table = fieldTable(store);
  expect(table).toContain("| `host` | text | **required** | Host. Example: `localhost:1`. Also called `address`. |");
  expect(table).toContain('| `password` | text | `""` | Password. A secret: use `secretKeyRef`. |');
  expect(table).toContain("| `mode` | text | `map` | Mode a\\|b. One of `map`, `text`. |");
  expect(fieldTable(binding)).toContain("| `topic` | text | **required** for output | Topic. |");
});

test("the manifest of a package", () => {
  const entry = {
    type: "state.example.net",
    version: "v2",
    aliases: ["state.example"],
    kind: "state",
    placement: "child",
  } as const;
  expect(manifestEntry(store)).toEqual(entry);
  expect(manifestEntry(binding)).not.toHaveProperty("aliases");
  const components = [entry, manifestEntry(binding)];
  expect(checkManifest({ trilby: { components } }, [store, binding])).toEqual([]);
  expect(checkManifest({}, [store])).toEqual(['package.json has no "trilby": { "components": [...] }']);
  expect(checkManifest({ trilby: { components: [entry] } }, [store, binding])).toEqual([
    "package.json does not list bindings.example v1",
  ]);
  expect(checkManifest({ trilby: { components } }, [store])).toEqual([
    "package.json lists bindings.example v1, which the package does not export",
  ]);
  expect(checkManifest({ trilby: { components: [{ ...entry, placement: "in-process" }] } }, [store])).toHaveLength(1);
});

describe("the command", () => {
  const kit = fileURLToPath(new URL("../..", import.meta.url));
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "trilby-manifest-"));
    await symlink(join(kit, "test/guide/index.ts"), join(folder, "index.ts"));
    await writeFile(
      join(folder, "package.json"),
      JSON.stringify({ name: "x", exports: "./index.ts", files: ["dist"] }),
    );
  });
  afterEach(() => rm(folder, { recursive: true }));
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, [
      "--conditions=@trilby/source",
      join(kit, "src/manifest/main.ts"),
      ...args,
      folder,
    ]).then(
      () => "",
      (error: { stderr: string }) => error.stderr,
    );

  test("writes what is missing, then finds nothing to complain of", async () => {
    await writeFile(join(folder, "README.md"), "# Mine\n\n<!-- fields -->\nold\n<!-- /fields -->\n\nThe end.\n");
    const complaints = await run("--check");
    for (const name of ["metadata.yaml", "component.schema.json", "README.md", "package.json"])
      expect(complaints).toContain(name);
    expect(await run()).toBe("");
    expect(await run("--check")).toBe("");

    const readme = await readFile(join(folder, "README.md"), "utf8");
    expect(readme).toMatch(/^# Mine\n\n<!-- fields -->\n\n\| Field [^]+\|\n\n<!-- \/fields -->\n\nThe end.\n$/);
    expect(parse(await readFile(join(folder, "metadata.yaml"), "utf8"))).toMatchObject({
      type: "state",
      name: "shelf",
    });
    expect(JSON.parse(await readFile(join(folder, "component.schema.json"), "utf8"))).toHaveProperty("$schema");
    expect(JSON.parse(await readFile(join(folder, "package.json"), "utf8"))).toEqual({
      name: "x",
      exports: "./index.ts",
      files: ["dist", "metadata.yaml", "component.schema.json"],
      trilby: { components: [{ type: "state.shelf", version: "v1", kind: "state", placement: "in-process" }] },
    });

    await writeFile(join(folder, "metadata.yaml"), "schemaVersion: v1\n");
    expect(await run("--check")).toBe(`${folder}: metadata.yaml does not say what the definition says\n`);
  });

  test("says when a package has no definition", async () => {
    await writeFile(join(folder, "other.ts"), "export default 5;");
    expect(await run("--entry", "other.ts")).toContain("does not export a component definition by default");
  });
});
