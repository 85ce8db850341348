import { expect, test } from "vitest";
import { remoteSecretStore } from "@trilby/kit/client";
import { drawer } from "./components.ts";
import { served } from "./fixture.ts";

test("secrets by name and all together", async () => {
  const { channel } = await served([drawer]);
  const { instance, features } = await remoteSecretStore(channel, "drawer").init({});
  expect(features).toEqual(["MULTIPLE_KEY_VALUES_PER_SECRET"]);
  expect(await instance.get({ name: "forks", metadata: {} })).toEqual({ small: "1", large: "2" });
  expect(await instance.get({ name: "forks", metadata: { version: "3" } })).toEqual({ version: "3" });
  expect(await instance.bulkGet({})).toEqual({ knife: { knife: "sharp" }, forks: { small: "1", large: "2" } });
  await expect(instance.get({ name: "spoon", metadata: {} })).rejects.toMatchObject({
    code: "not-found",
    message: "no secret spoon",
  });
});
