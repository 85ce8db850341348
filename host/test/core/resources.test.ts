import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

import { expandEnvironment } from "../../src/resources/expand-environment.ts";
import { loadResources } from "../../src/resources/load.ts";
import { formatProblem } from "../../src/resources/problem.ts";
import { readConfiguration } from "../../src/resources/read-configuration.ts";
import { fillTemplate } from "../../src/resources/template.ts";

let root = "";
let count = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "trilby-resources-"));
});
afterAll(() => rm(root, { recursive: true }));

async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(root, String(count++));
  await mkdir(folder);
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

async function load(files: Readonly<Record<string, string>>, filter: { appId?: string; namespace?: string } = {}) {
  const folder = await folderOf(files);
  const loaded = await loadResources([folder], { appId: filter.appId ?? "shop", namespace: filter.namespace });
  const problems = loaded.problems.map(
    (problem) => `${problem.severity} ${formatProblem(problem).slice(folder.length + 1)}`,
  );
  return { ...loaded, folder, problems };
}

const component = (name: string, more = "", type = "state.in-memory") =>
  `apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata:\n  name: ${name}\nspec:\n  type: ${type}\n  version: v1\n${more}`;

test("documents of several files and kinds come out in order", async () => {
  const { components, subscriptions, problems } = await load({
    "b.yaml": component("third"),
    "a.yml": `${component("first")}---\n${component("second")}--- # comment\napiVersion: dapr.io/v2alpha1\nkind: Subscription\nmetadata: {name: s}\nspec:\n  pubsubname: p\n  topic: t\n  routes:\n    rules:\n    - match: event.type == "x"\n      path: /x\n    default: /d\n  bulkSubscribe: {enabled: true, maxMessagesCount: 5}\n`,
    "notes.txt": "not YAML",
  });
  assert.deepEqual(
    components.map((each) => each.name),
    ["first", "second", "third"],
  );
  assert.deepEqual(problems, []);
  expect(subscriptions).toMatchObject([
    {
      name: "s",
      pubsubName: "p",
      topic: "t",
      routes: { rules: [{ match: 'event.type == "x"', path: "/x" }], default: "/d" },
      bulkSubscribe: { enabled: true, maxMessagesCount: 5, maxAwaitDurationMs: undefined },
    },
  ]);
});

test("an old subscription comes out in the same shape", async () => {
  const { subscriptions } = await load({
    "s.yaml": `apiVersion: dapr.io/v1alpha1\nkind: Subscription\nmetadata: {name: s}\nspec: {pubsubname: p, topic: t, route: /r, deadLetterTopic: dead}\nscopes: [shop]\n`,
  });
  expect(subscriptions).toMatchObject([
    { apiVersion: "dapr.io/v1alpha1", routes: { rules: [], default: "/r" }, deadLetterTopic: "dead" },
  ]);
});

test("every form of a value", async () => {
  const { components, problems } = await load({
    "c.yaml": component(
      "c",
      `  ignoreErrors: true
  initTimeout: 1m
  metadata:
  - name: text
    value: "x y"
  - name: number
    value: 12345678901234567890
  - name: fraction
    value: 1.50
  - name: yes
    value: yes
  - name: none
    value:
  - name: json
    value: {a: [1, true]}
  - name: secret
    secretKeyRef: {name: s, key: k}
  - name: secretByName
    secretKeyRef: {name: s}
  - name: environment
    envRef: HOME
auth:
  secretStore: vault
`,
    ),
  });
  assert.deepEqual(problems, []);
  const [found] = components;
  assert.equal(found?.ignoreErrors, true);
  assert.equal(found?.initTimeoutMs, 60_000);
  assert.equal(found?.secretStore, "vault");
  assert.deepEqual(
    found?.metadata.map(({ name, value }) => [name, value]),
    [
      ["text", { kind: "text", text: "x y" }],
      ["number", { kind: "text", text: "12345678901234567890" }],
      ["fraction", { kind: "text", text: "1.5" }],
      ["true", { kind: "text", text: "true" }],
      ["none", { kind: "text", text: "" }],
      ["json", { kind: "text", text: '{"a":[1,true]}' }],
      ["secret", { kind: "secret", name: "s", key: "k" }],
      ["secretByName", { kind: "secret", name: "s", key: "s" }],
      ["environment", { kind: "environment", variable: "HOME" }],
    ],
  );
});

test("a tab, with the place; the documents around it count", async () => {
  const { components, problems } = await load({
    "a.yaml": `${component("one")}---\nkind: Component\nspec:\n\ttype: x\n---\n${component("two")}`,
  });
  assert.deepEqual(
    components.map((each) => each.name),
    ["one", "two"],
  );
  assert.deepEqual(problems, ["error a.yaml:11:1: YAML is indented with a tab; use spaces"]);
});

test("all problems of a document at once, each with its place", async () => {
  const { components, problems } = await load({
    "a.yaml": `apiVersion: dapr.io/v1alpha1
kind: Component
metadata:
  name: a/b
spec:
  type: [state.redis]
  ignoreErrors: perhaps
  metadata:
  - value: x
`,
  });
  assert.deepEqual(components, []);
  assert.deepEqual(problems, [
    'error a.yaml:4:9: metadata.name must not be "." or ".." or hold "/" or "%", but is "a/b"',
    "error a.yaml:6:9: spec.type must be a text, but is a list",
    'error a.yaml:7:17: spec.ignoreErrors must be true or false, but is the text "perhaps"',
    "error a.yaml:9:5: spec.metadata[0].name is missing",
  ]);
});

test("a component without a type stops the host", async () => {
  const { problems } = await load({
    "a.yaml": "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata:\n  name: a\nspec:\n  version: v1\n",
  });
  assert.deepEqual(problems, [
    "fatal a.yaml:6:3: incorrect type : component a needs spec.type, for example state.redis",
  ]);
});

test("time limits are whole milliseconds that a timer takes; what is no duration is a warning", async () => {
  const limits = ["1.5us", "99999h", "0", "soon"].map((limit, index) =>
    component(`c${index}`, `  initTimeout: ${limit}\n`),
  );
  const { components, problems } = await load({ "a.yaml": limits.join("---\n") });
  assert.deepEqual(
    components.map((each) => each.initTimeoutMs),
    [1, 2 ** 31 - 1, 5000, 5000],
  );
  assert.deepEqual(problems, [
    'warning a.yaml:26:16: spec.initTimeout must be a duration such as 10s or 1m, but is "0": 5s is used',
    'warning a.yaml:35:16: spec.initTimeout must be a duration such as 10s or 1m, but is "soon": 5s is used',
  ]);
});

test("unknown fields are warnings with a suggestion", async () => {
  const { components, problems } = await load({
    "a.yaml": component("a", "  initTimout: 5s\n  metadata:\n  - name: x\n    secretKeyRf: {name: s}\nscope: [shop]\n"),
  });
  assert.equal(components.length, 1);
  assert.deepEqual(problems, [
    "warning a.yaml:11:5: spec.metadata[0].secretKeyRf is not a known field; did you mean secretKeyRef?",
    "warning a.yaml:12:1: scope is not a known field; did you mean scopes?",
    "warning a.yaml:8:3: spec.initTimout is not a known field; did you mean initTimeout?",
  ]);
});

test("of a field that stands twice the last counts, as in daprd, with a warning", async () => {
  const { components, problems } = await load({
    "a.yaml": component("a").replace("kind:", "kind: Nothing\nkind:"),
  });
  assert.deepEqual(
    components.map((each) => each.name),
    ["a"],
  );
  assert.deepEqual(problems, ["warning a.yaml:3:1: kind stands here twice: this one counts, not that of line 2"]);
});

test("names of fields are read whatever their case, as in daprd; one written exactly goes first", async () => {
  const { components, problems } = await load({
    "a.yaml": component("a").replace("kind:", "Kind:").replace("spec:", "SPEC:"),
    "b.yaml": component("b").replace("kind: Component", "Kind: Nothing\nkind: Component"),
  });
  assert.deepEqual(
    components.map((each) => each.name),
    ["a", "b"],
  );
  assert.deepEqual(problems, []);
});

test("a duplicate name is fatal, in daprd's words, with both places", async () => {
  const { problems, folder, ...loaded } = await load({
    "a.yaml": component("x"),
    "b.yaml": `\n${component("x", "", "pubsub.in-memory")}`,
  });
  assert.deepEqual(problems, [
    `fatal b.yaml:2:1: duplicate definition of Component name x (pubsub.in-memory/v1) with existing x (state.in-memory/v1), which stands at ${folder}/a.yaml:1:1`,
  ]);
  assert.equal(loaded.components.length, 1);
});

test("scopes and namespaces filter; a namespace counts only where the host has one", async () => {
  const files = {
    "a.yaml": [
      component("mine", "scopes: [shop, other]\n"),
      component("theirs", "scopes: [other]\n"),
      component("prod").replace("  name: prod", "  name: prod\n  namespace: prod"),
      component("same").replace("  name: same", "  name: same\n  namespace: stage"),
      component("same"),
    ].join("---\n"),
  };
  assert.deepEqual(
    (await load(files, { namespace: "prod" })).components.map((each) => each.name),
    ["mine", "prod", "same"],
  );
  const unnamed = await load(files);
  assert.deepEqual(
    unnamed.components.map((each) => each.name),
    ["mine", "prod", "same"],
  );
  assert.equal(unnamed.problems.length, 1);
});

test("other kinds are named, foreign documents passed over in silence", async () => {
  const { problems, passedOver } = await load({
    "a.yaml":
      "apiVersion: dapr.io/v1alpha1\nkind: Resiliency\nmetadata: {name: r}\n---\napiVersion: v1\nkind: ConfigMap\n---\napiVersion: dapr.io/v1\nkind: Component\nmetadata: {name: old}\n",
  });
  assert.deepEqual(problems, [
    "warning a.yaml:1:1: kind Resiliency has no effect, because this version has no resiliency policies",
    "warning a.yaml:8:1: a Component that is not loaded: apiVersion is dapr.io/v1; write dapr.io/v1alpha1",
  ]);
  assert.equal(passedOver.length, 1);
});

test("a folder that is not there is fatal", async () => {
  const { problems } = await loadResources([join(root, "absent")], { appId: "a", namespace: undefined });
  assert.equal(problems[0]?.severity, "fatal");
  assert.match(problems[0]?.message ?? "", /no such folder; correct --resources-path/);
});

test("aliases that multiply, nesting without end, and bytes that are no YAML are errors", async () => {
  const bomb = `a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n${Array.from({ length: 8 }, (_, level) => `a${level + 1}: &a${level + 1} [${Array(10).fill(`*a${level}`).join(", ")}]`).join("\n")}\n`;
  const { problems } = await load({
    "a.yaml": bomb,
    "b.yaml": `${"[".repeat(50_000)}\n`,
    "c.yaml": "\u0000\u0001: [",
    "d.yaml": "a: &a [*a]\n",
    "e.yaml": "a: *nobody\n",
    "f.yaml": "- apiVersion: dapr.io/v1alpha1\n  kind: Component\n",
  });
  assert.deepEqual(
    problems.map((problem) => /^error (.).yaml:/.exec(problem)?.[1]),
    ["a", "b", "c", "d", "e", "f"],
  );
});

test("configuration files merge, later over earlier, lists whole", async () => {
  const folder = await folderOf({
    "one.yaml":
      "apiVersion: dapr.io/v1alpha1\nkind: Configuration\nmetadata: {name: one}\nspec:\n  metrics: {enabled: false}\n  logging: {apiLogging: {enabled: true, obfuscateURLs: true}}\n  components: {deny: [a, b]}\n  api:\n    denied:\n    - {name: state, version: v1, protocol: HTTP}\n",
    "two.yaml":
      'apiVersion: dapr.io/v1alpha1\nkind: Configuration\nspec:\n  logging: {apiLogging: {enabled: false}}\n  components: {deny: ["$TYPE"]}\n  secrets:\n    scopes:\n    - {storeName: vault, defaultAccess: Deny, allowedSecrets: [x]}\n  tracing: {samplingRate: "1"}\n',
  });
  const { configuration, problems } = await readConfiguration([join(folder, "one.yaml"), join(folder, "two.yaml")], {
    TYPE: "state.redis/v1",
  });
  expect(configuration).toMatchObject({
    metrics: { enabled: false, http: { increasedCardinality: true } },
    apiLogging: { enabled: false, obfuscateUrls: true, omitHealthChecks: false },
    deniedComponents: ["state.redis/v1"],
    api: { allowed: [], denied: [{ name: "state", version: "v1", protocol: "http" }] },
    secretScopes: [{ storeName: "vault", defaultAccess: "deny", allowedSecrets: ["x"], deniedSecrets: [] }],
  });
  assert.deepEqual(
    problems.map((problem) => formatProblem(problem).slice(folder.length + 1)),
    ["two.yaml:9:3: spec.tracing has no effect, because this version has no tracing"],
  );
});

test("a bad configuration file is fatal", async () => {
  const folder = await folderOf({
    "c.yaml":
      "kind: Configuration\nspec:\n  secrets:\n    scopes:\n    - {storeName: s, defaultAccess: maybe}\n    - {storeName: s}\n",
  });
  const { problems } = await readConfiguration([join(folder, "c.yaml"), join(folder, "absent.yaml")], {});
  assert.deepEqual(
    problems.map((problem) => `${problem.severity} ${formatProblem(problem).replaceAll(`${folder}/`, "")}`),
    [
      "fatal absent.yaml:1:1: the configuration file cannot be read: no such file; correct --config",
      "fatal c.yaml:5:37: defaultAccess maybe can be either allow or deny",
      "fatal c.yaml:6:7: s storeName is repeated in secrets configuration; the first stands at c.yaml:5:7",
    ],
  );
});

test("environment expansion is Go's", () => {
  const environment = { A: "1", A_B: "2" };
  assert.equal(expandEnvironment("$A ${A_B} $A_B $GONE| $ 5$ ${GONE}", environment), "1 2 2 | $ 5$ ");
});

test("templates", () => {
  const values = { appId: "shop", namespace: undefined, podName: "pod-1" };
  assert.equal(fillTemplate("{appID}-{podName}-{namespace}-{other}", values), "shop-pod-1-default.shop-{other}");
  const [first, second] = fillTemplate("{uuid}/{uuid}", values).split("/");
  assert.match(first ?? "", /^[0-9a-f-]{36}$/);
  assert.notEqual(first, second);
  assert.throws(() => fillTemplate("{podName}", { ...values, podName: undefined }), /POD_NAME/);
});
