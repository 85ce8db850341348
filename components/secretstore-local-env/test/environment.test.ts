import { openComponent } from "@trilby/kit";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import definition, { createEnvironmentStore } from "../src/index.ts";

beforeEach(() => {
  vi.stubEnv("conftestsecret", "abcd");
  vi.stubEnv("secondsecret", "efgh");
  vi.stubEnv("MYAPP_token", "t");
  vi.stubEnv("MYAPP_", "only the prefix");
  vi.stubEnv("DAPR_API_TOKEN", "hidden");
  vi.stubEnv("dapr_http_port", "hidden");
  vi.stubEnv("APP_API_TOKEN", "hidden");
});
afterEach(() => void vi.unstubAllEnvs());

const open = async (properties: Record<string, string> = {}) =>
  (await openComponent(definition, { name: "env", properties })).instance;
const ask = (name: string) => ({ name, metadata: {} });

test("a variable is a secret of its own name", async () => {
  const store = await open();
  expect(await store.get(ask("conftestsecret"))).toEqual({ conftestsecret: "abcd" });
  expect(await store.bulkGet({})).toMatchObject({
    conftestsecret: { conftestsecret: "abcd" },
    secondsecret: { secondsecret: "efgh" },
  });
});

test("a variable that is not set is empty", async () => {
  expect(await (await open()).get(ask("no-such-variable"))).toEqual({ "no-such-variable": "" });
});

test("the runtime's own variables are hidden", async () => {
  const store = await open();
  for (const name of ["DAPR_API_TOKEN", "dapr_http_port", "APP_API_TOKEN", "app_api_token"]) {
    expect(await store.get(ask(name))).toEqual({ [name]: "" });
    expect(await store.bulkGet({})).not.toHaveProperty(name);
  }
  const prefixed = await open({ prefix: "DAPR_" });
  expect(await prefixed.get(ask("API_TOKEN"))).toEqual({ API_TOKEN: "" });
  expect(await prefixed.bulkGet({})).toEqual({});
});

test("a prefix is put in front and taken away again", async () => {
  const store = await open({ prefix: "MYAPP_" });
  expect(await store.get(ask("token"))).toEqual({ token: "t" });
  expect(await store.get(ask("MYAPP_token"))).toEqual({ MYAPP_token: "" });
  expect(await store.bulkGet({})).toEqual({ token: { token: "t" } });
});

test.each(["__proto__", "toString", "constructor"])("%s is not set, unless it is", async (name) => {
  expect(await (await open()).get(ask(name))).toEqual({ [name]: "" });
  const store = createEnvironmentStore(Object.fromEntries([[name, "text"]]), "");
  expect(await store.get(ask(name))).toEqual(Object.fromEntries([[name, "text"]]));
  expect(Object.keys(await store.bulkGet({}))).toEqual([name]);
});
