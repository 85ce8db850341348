import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { ComponentError, openComponent } from "@trilby/kit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import definition from "../src/index.ts";

let folder: string;
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "trilby-local-file-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function open(content: string, properties: Record<string, string> = {}) {
  const secretsFile = join(folder, `${files++}.json`);
  await writeFile(secretsFile, content);
  return openComponent(definition, { name: "file", properties: { secretsFile, ...properties } });
}
const ask = (name: string) => ({ name, metadata: {} });
const nested = JSON.stringify({
  plain: "p",
  database: { user: "u", password: { current: "c", old: "o" } },
  keys: ["a", { b: "c" }],
  port: 5432,
  enabled: true,
  nothing: null,
  empty: {},
});

describe("single values", () => {
  test("nested names are joined, and everything is text", async () => {
    const { instance, features } = await open(nested);
    expect(features).toEqual([]);
    const flat = {
      plain: "p",
      "database:user": "u",
      "database:password:current": "c",
      "database:password:old": "o",
      "keys:0": "a",
      "keys:1:b": "c",
      port: "5432",
      enabled: "true",
      nothing: "",
    };
    expect(await instance.bulkGet({})).toEqual(
      Object.fromEntries(Object.entries(flat).map(([name, value]) => [name, { [name]: value }])),
    );
    expect(await instance.get(ask("database:password:old"))).toEqual({ "database:password:old": "o" });
  });

  test("numbers keep the digits that stand in the file", async () => {
    const { instance } = await open('{"id": 12345678901234567890, "rate": 1.10, "big": 1e400}');
    expect(await instance.bulkGet({})).toEqual({
      id: { id: "12345678901234567890" },
      rate: { rate: "1.10" },
      big: { big: "1e400" },
    });
  });

  test("the separator can be another, and is : when empty", async () => {
    expect(await (await open('{"a":{"b":"c"}}', { nestedSeparator: "." })).instance.get(ask("a.b"))).toEqual({
      "a.b": "c",
    });
    expect(await (await open('{"a":{"b":"c"}}', { nestedSeparator: "" })).instance.get(ask("a:b"))).toEqual({
      "a:b": "c",
    });
  });

  test("two names that become the same are refused", async () => {
    await expect(open('{"a":{"b":"1"},"a:b":"2"}')).rejects.toThrow("two secrets of the file are called a:b");
  });

  test.each(["database", "database:nobody", "toString", "__proto__"])("%s is not found", async (name) => {
    await expect((await open(nested)).instance.get(ask(name))).rejects.toMatchObject({ code: "not-found" });
  });

  test("names of the prototype are names like others", async () => {
    const { instance } = await open('{"__proto__": {"constructor": "x"}, "toString": "y"}');
    expect(await instance.get(ask("__proto__:constructor"))).toEqual({ "__proto__:constructor": "x" });
    expect(Object.keys(await instance.bulkGet({}))).toEqual(["__proto__:constructor", "toString"]);
  });
});

describe("several values a secret", () => {
  test("each name at the top is a secret", async () => {
    const { instance, features } = await open(nested, { multiValued: "true" });
    expect(features).toEqual(["MULTIPLE_KEY_VALUES_PER_SECRET"]);
    expect(await instance.bulkGet({})).toEqual({
      plain: { plain: "p" },
      database: { user: "u", "password:current": "c", "password:old": "o" },
      keys: { "0": "a", "1:b": "c" },
      port: { port: "5432" },
      enabled: { enabled: "true" },
      nothing: { nothing: "" },
      empty: {},
    });
    expect(await instance.get(ask("database"))).toEqual({ user: "u", "password:current": "c", "password:old": "o" });
    await expect(instance.get(ask("database:user"))).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("a file that cannot be used says why, and never what is in it", () => {
  test.each([
    ['{\n  "password": "hunter2",\n  oops\n}', /is not valid JSON at line 3, column 3/],
    ['["hunter2"]', /must hold a JSON object/],
    ['"hunter2"', /must hold a JSON object/],
    ["", /is not valid JSON/],
    ['{"a": hunter2}', /is not valid JSON/],
  ])("%j", async (content, message) => {
    const error: unknown = await open(content).catch((caught: unknown) => caught);
    expect(ComponentError.is(error) && error.message).toMatch(message);
    expect(inspect(error)).not.toContain("hunter2");
  });

  test("it is missing", async () => {
    const secretsFile = join(folder, "none.json");
    await expect(openComponent(definition, { name: "file", properties: { secretsFile } })).rejects.toThrow(
      `secretsFile ${secretsFile} cannot be read: there is no such file`,
    );
    await expect(openComponent(definition, { name: "file", properties: {} })).rejects.toThrow(
      "secretsFile is required",
    );
    await expect(openComponent(definition, { name: "file", properties: { secretsFile: folder } })).rejects.toThrow(
      "it is a folder",
    );
  });

  test("a byte order mark does no harm", async () => {
    expect(await (await open('\uFEFF{"a":"b"}')).instance.get(ask("a"))).toEqual({ a: "b" });
  });
});
