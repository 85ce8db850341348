import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startServing } from "@trilby/kit/serve";
import { expect, onTestFinished, test } from "vitest";
import { casesOf } from "../src/suites.ts";
import { command, componentFile, shelf, shelfYaml, temporaryFolder } from "./command.ts";
import definition from "./fixtures/shelf/index.ts";

const timeout = 90_000;

test("certifies a package in both placements, and writes every report", { timeout }, async () => {
  const folder = temporaryFolder();
  const reports = ["json", "junit", "html", "certificate"].flatMap((each) => [
    `--${each}`,
    join(folder, "reports", each),
  ]);
  const { code, printed, complained } = await command(componentFile(shelfYaml), "--package", shelf, ...reports);
  expect(complained).toBe("");
  expect(printed).toMatch(/^state\.shelf v1 \(dapr-state-shelf 0\.3\.0\)\nin-process\n {2}ok /);
  expect(printed).toContain("\nover a socket\n");
  expect(printed).toMatch(/skipped: the component does not declare TRANSACTIONAL; the opposite is checked instead/);
  expect(printed).toMatch(/state\.shelf v1 certified: \d+ passed, \d+ skipped in/);
  expect(code).toBe(0);

  const report = JSON.parse(readFileSync(join(folder, "reports", "json"), "utf8"));
  expect(report).toMatchObject({ certified: true, component: { type: "state.shelf", features: ["ETAG", "TTL"] } });
  const { certificates } = JSON.parse(readFileSync(join(folder, "reports", "certificate"), "utf8"));
  expect(certificates).toHaveLength(1);
  expect(certificates[0].package).toEqual({ name: "dapr-state-shelf", version: "0.3.0" });
  for (const placement of ["in-process", "socket"]) {
    const { cases, figures } = certificates[0].placements[placement];
    expect(cases["state/first-write-wins-for-exactly-one-of-many"]).toBe("passed");
    expect(cases["state/a-transaction-applies-sets-and-deletes"]).toMatch(/^skipped: .*TRANSACTIONAL/);
    expect(figures.getP50Ms).toBeGreaterThan(0);
  }
  const junit = readFileSync(join(folder, "reports", "junit"), "utf8");
  expect(junit.match(/<testsuite /g)).toHaveLength(2);
  expect(junit).toContain('name="state/every-item-has-an-etag"');
  expect(junit).toContain('failures="0"');
  const html = readFileSync(join(folder, "reports", "html"), "utf8");
  expect(html).toContain("<h1>state.shelf v1: certified</h1>");
  expect(html).not.toContain("http");
});

test("certifies a process that it starts by a command, by an alias of its type", { timeout }, async () => {
  const file = componentFile(shelfYaml.replace("state.shelf", "state.board"));
  const line = `"${process.execPath}" --conditions=@trilby/source '${join(shelf, "main.ts")}'`;
  const settings = ["--settings", join(shelf, "conformance.yaml")];
  const { code, printed, complained } = await command(file, "--command", line, ...settings, "--only", "wire");
  expect(complained).toBe("");
  expect(printed).toContain("over a socket\n");
  expect(printed).not.toContain("in-process");
  expect(printed).toMatch(/all passed: \d+ passed/);
  expect(code).toBe(0);
});

test("certifies a socket that somebody else serves", { timeout }, async () => {
  const folder = temporaryFolder();
  const socket = join(folder, "shelf.sock");
  const serving = await startServing([definition], { sockets: [socket] });
  onTestFinished(() => serving.close(0));
  const certificate = join(folder, "certificate.json");
  const { code, printed } = await command(
    componentFile(shelfYaml),
    "--socket",
    socket,
    "--only",
    "etag",
    "--certificate",
    certificate,
  );
  expect(printed).toContain("no certificate: --only leaves cases out");
  expect(code).toBe(0);
});

test("a component that is wrong is not certified, and says which case and why", { timeout }, async () => {
  const folder = temporaryFolder();
  const socket = join(folder, "wrong.sock");
  // Gives an etag to what is not there.
  const open: typeof definition.open = async (...words) => {
    const right = await definition.open(...words);
    return { ...right, get: async (request) => ({ data: new Uint8Array(), etag: "1", ...(await right.get(request)) }) };
  };
  const serving = await startServing([{ ...definition, open }], { sockets: [socket] });
  onTestFinished(() => serving.close(0));
  const certificate = join(folder, "certificate.json");
  const reports = ["--junit", join(folder, "junit.xml"), "--certificate", certificate];
  const { code, printed } = await command(componentFile(shelfYaml), "--socket", socket, ...reports);
  expect(printed).toMatch(/FAILED {2}state\/a-deleted-item-is-gone\n {10}there must be nothing under "deleted-/);
  expect(printed).toContain("state.shelf v1 NOT certified");
  expect(code).toBe(1);
  expect(readFileSync(join(folder, "junit.xml"), "utf8")).toContain("<failure message=");
  expect(printed).toContain("no certificate: not certified");
  expect(existsSync(certificate)).toBe(false);
});

test("a known deviation needs to fail, and says so when it does not", { timeout }, async () => {
  const folder = temporaryFolder();
  const socket = join(folder, "shelf.sock");
  const serving = await startServing([definition], { sockets: [socket] });
  onTestFinished(() => serving.close(0));
  const settings = join(folder, "known.yaml");
  writeFileSync(settings, "known:\n  state/a-deleted-item-is-gone: the backend deletes at night only\n");
  const { code, printed } = await command(
    componentFile(shelfYaml),
    "--socket",
    socket,
    "--only",
    "gone",
    "--settings",
    settings,
  );
  expect(printed).toMatch(/FIXED {3}state\/a-deleted-item-is-gone: passes now; take its reason off the list/);
  expect(code).toBe(1);
});

test("what cannot start is exit code 2, with file and line", { timeout }, async () => {
  const absent = await command("/no/such/file.yaml");
  expect(absent).toMatchObject({ code: 2, complained: "/no/such/file.yaml: there is no such file" });

  const file = componentFile(shelfYaml.replace("name: label", "name: lable"));
  const misspelt = await command(file, "--package", shelf);
  expect(misspelt.complained).toBe(`${file}:9: lable is not a metadata field of state.shelf; did you mean label?`);
  expect(misspelt.code).toBe(2);

  const unknownType = componentFile(shelfYaml.replace("state.shelf", "state.nowhere"));
  const notFound = await command(unknownType);
  expect(notFound.complained).toMatch(/no installed package declares state\.nowhere v1/);
  expect(notFound.code).toBe(2);

  const crashing = await command(
    componentFile(shelfYaml),
    "--command",
    `${process.execPath} -e "console.log('no database'); process.exit(3)"`,
  );
  expect(crashing.complained).toMatch(/ended \(exit code 3\) before it listened:\nno database/);
  expect(crashing.code).toBe(2);

  const nobody = await command(componentFile(shelfYaml), "--socket", "/no/such.sock", "--timeout", "0.3");
  expect(nobody.complained).toMatch(/\/no\/such\.sock/);
  expect(nobody.code).toBe(2);
});

test("the command line is checked", async () => {
  expect((await command()).complained).toBe("Name the component's YAML file; --help tells more.");
  expect((await command("a.yaml", "b.yaml")).complained).toMatch(/leave out b\.yaml/);
  expect((await command("a.yaml", "--socket", "x", "--command", "y")).complained).toMatch(/exclude each other/);
  expect((await command("a.yaml", "--placement", "moon")).complained).toMatch(/in-process or socket/);
  expect((await command("a.yaml", "--colour")).complained).toMatch(/--colour/);
  expect(await command("--help")).toMatchObject({ code: 0, printed: expect.stringContaining("--socket") });
  expect(await command("--version")).toMatchObject({
    code: 0,
    printed: expect.stringMatching(/^@trilby\/conformance \d/),
  });
});

test("lists the cases of a kind", async () => {
  const { printed, code } = await command(componentFile(shelfYaml), "--list");
  expect(printed.split("\n")).toEqual(casesOf("state").map(({ id }) => id));
  expect(code).toBe(0);
});
