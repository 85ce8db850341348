import { expect, test } from "vitest";
import { defineStateStore } from "@trilby/kit";
import type { ComponentDefinition } from "@trilby/kit";
import { plan, select } from "../../src/serve/serve.ts";

const store = (type: string, version: string, aliases?: string[]): ComponentDefinition =>
  defineStateStore({
    type,
    version,
    ...(aliases && { aliases }),
    status: "alpha",
    title: type,
    description: type,
    placement: "child",
    features: [],
    metadata: {},
    open: () => Promise.reject(new Error("not opened here")),
  });
const binding = (type: string, aliases?: string[]) =>
  ({ ...store(type, "v1", aliases), kind: "bindings", binding: {} }) as ComponentDefinition;
const nothing = { socket: undefined, socketsFolder: undefined, name: undefined };
const sockets = (definitions: ComponentDefinition[], args = {}, environment = {}) =>
  plan(definitions, { ...nothing, ...args }, environment).flatMap((each) => each.sockets);

test("the socket's name is the type without its category, and with a version beyond the first", () => {
  expect(sockets([store("state.redis", "v1")])).toEqual(["/tmp/dapr-components-sockets/redis.sock"]);
  expect(sockets([store("secretstores.hashicorp.vault", "v1")])).toEqual([
    "/tmp/dapr-components-sockets/hashicorp.vault.sock",
  ]);
  expect(sockets([store("state.postgresql", "v2", ["state.postgres"])], { socketsFolder: "/f" })).toEqual([
    "/f/postgresql-v2.sock",
    "/f/postgres-v2.sock",
  ]);
});

test("the folder comes from the command line, else from either variable, the plural one first", () => {
  const plural = { DAPR_COMPONENTS_SOCKETS_FOLDER: "/plural" };
  const singular = { DAPR_COMPONENT_SOCKETS_FOLDER: "/singular" };
  const redis = [store("state.redis", "v1")];
  expect(sockets(redis, {}, singular)).toEqual(["/singular/redis.sock"]);
  expect(sockets(redis, {}, { ...singular, ...plural })).toEqual(["/plural/redis.sock"]);
  expect(sockets(redis, { socketsFolder: "/given" }, plural)).toEqual(["/given/redis.sock"]);
  expect(sockets(redis, { name: "mine" }, plural)).toEqual(["/plural/mine.sock"]);
  expect(sockets([store("state.postgresql", "v1", ["state.postgres"])], { socket: "/a/b" }, plural)).toEqual(["/a/b"]);
});

test("kinds of one name share a socket, and aliases that are not shared stay apart", () => {
  const planned = plan(
    [store("state.pg", "v1", ["state.postgres"]), binding("bindings.pg")],
    { ...nothing, socketsFolder: "/f" },
    {},
  );
  expect(planned.map((each) => [each.sockets, each.served.map(({ type }) => type)])).toEqual([
    [["/f/pg.sock"], ["state.pg", "bindings.pg"]],
    [["/f/postgres.sock"], ["state.pg"]],
  ]);
});

test("two declarations of one kind and name are an error that names both", () => {
  expect(() => plan([store("state.redis", "v1"), store("state.other", "v1", ["state.redis"])], nothing, {})).toThrow(
    "state.other and state.redis would both answer for state on /tmp/dapr-components-sockets/redis.sock.",
  );
});

test("one of several components of a package may be served alone", () => {
  const [first, second] = [store("state.x", "v1", ["state.y"]), store("state.x", "v2", ["state.y"])];
  expect(select([first, second], undefined)).toEqual([first, second]);
  expect(select([first, second], "state.x/v2")).toEqual([second]);
  expect(select([first, second], "state.y/v1")).toEqual([first]);
  expect(select([first, second], "state.x")).toEqual([first, second]);
  expect(() => select([first, second], "state.x/v3")).toThrow("state.x/v1, state.x/v2");
});

test("versions of one type are served apart", () => {
  const versions = [store("state.pg", "v1", ["state.postgres"]), store("state.pg", "v2", ["state.postgres"])];
  const planned = plan(versions, { ...nothing, socketsFolder: "/f" }, {});
  expect(planned.map((each) => [each.sockets, each.served.map(({ version }) => version)])).toEqual([
    [["/f/pg.sock", "/f/postgres.sock"], ["v1"]],
    [["/f/pg-v2.sock", "/f/postgres-v2.sock"], ["v2"]],
  ]);
});
