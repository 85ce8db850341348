import { expect, test } from "vitest";
import { remoteBinding } from "@trilby/kit/client";
import { string, text } from "../transport/fixture.ts";
import { bell } from "./components.ts";
import { served } from "./fixture.ts";

const failure = (promise: Promise<unknown>): Promise<any> =>
  promise.then(
    () => expect.fail("should have failed"),
    (error: unknown) => error,
  );

test("invoke carries data, metadata and content type both ways", async () => {
  const { channel } = await served([bell().definition]);
  const { instance } = await remoteBinding(channel, "bell", ["output"]).init({});
  expect(instance.operations).toEqual(["ring"]);
  expect(instance.read).toBeUndefined();
  expect(await instance.invoke!({ operation: "ring", data: text("x"), metadata: { a: "b" } })).toEqual({
    data: Buffer.from("x"),
    metadata: { rang: "yes", a: "b" },
    contentType: "text/plain",
  });
  expect(await instance.invoke!({ operation: "ring", data: text("x"), metadata: { silent: "yes" } })).toEqual({
    data: new Uint8Array(),
    metadata: {},
    contentType: undefined,
  });
  expect(await failure(instance.invoke!({ operation: "whistle", data: text(""), metadata: {} }))).toMatchObject({
    code: "invalid-argument",
  });
});

test("the halves are initialised apart and opened once for each direction", async () => {
  const { definition, directions } = bell();
  const { channel } = await served([definition]);
  await remoteBinding(channel, "bell", ["input", "output"]).init({});
  expect(directions).toEqual([["input"], ["output"]]);
  await remoteBinding(channel, "bell", ["output"]).init({});
  expect(directions).toEqual([["input"], ["output"], ["output"]]);
});

test("events are handled side by side, and each gets its own answer", async () => {
  const { definition, deliver } = bell();
  const { channel } = await served([definition]);
  const { instance } = await remoteBinding(channel, "bell", ["input"]).init({});
  const release = Promise.withResolvers<void>();
  const reader = await instance.read!(async ({ data, metadata, contentType }) => {
    if (string(data) === "slow") await release.promise;
    if (string(data) === "bad") throw new Error("no bell");
    return text(`${string(data)} ${metadata["from"]} ${contentType}`);
  });
  const ring = (data: string) => deliver()({ data: text(data), metadata: { from: "door" }, contentType: "text/plain" });
  const slow = ring("slow");
  expect(string(await ring("fast"))).toBe("fast door text/plain");
  expect(await failure(ring("bad"))).toMatchObject({ message: "no bell" });
  release.resolve();
  expect(string(await slow)).toBe("slow door text/plain");
  await reader.close();
  expect(deliver()).toBeUndefined();
});

test("a reader that is gone cancels the events under way", async () => {
  const { definition, deliver } = bell();
  const { channel } = await served([definition]);
  const { instance } = await remoteBinding(channel, "bell", ["input"]).init({});
  const handling = Promise.withResolvers<void>();
  await instance.read!(() => {
    handling.resolve();
    return new Promise(() => undefined);
  });
  const event = failure(deliver()({ data: text("x"), metadata: {} }));
  await handling.promise;
  channel.close();
  expect(await event).toMatchObject({ code: "cancelled" });
});
