import { readFile } from "node:fs/promises";
import { openComponent } from "@trilby/kit";
import { fieldTable, manifestEntry } from "@trilby/kit/manifest";
import { expect, test } from "vitest";
import definition from "./index.ts";

const text = (file: string) => readFile(new URL(file, import.meta.url), "utf8");

test("the guide shows the code that is tested here", async () => {
  const readme = await text("../../README.md");
  for (const file of ["./index.ts", "./main.ts"]) expect(readme).toContain(await text(file));
  expect(readme).toContain(
    JSON.stringify(manifestEntry(definition))
      .replaceAll(":", ": ")
      .replaceAll(",", ", ")
      .replace("{", "{ ")
      .replace("}", " }"),
  );
});

test("its component works", async () => {
  const { instance, close } = await openComponent(definition, {
    name: "test",
    properties: { LABEL: "test", room: "1" },
  });
  const options = { concurrency: "first-write", consistency: "" } as const;
  const value = new TextEncoder().encode("v");
  await instance.set({ key: "a", value, options, metadata: {} });
  await expect(instance.set({ key: "a", value, options, metadata: {} })).rejects.toMatchObject({
    code: "etag-mismatch",
  });
  await expect(instance.set({ key: "b", value, options, metadata: {} })).rejects.toMatchObject({
    code: "resource-exhausted",
  });
  expect(await instance.bulkGet([{ key: "a", consistency: "", metadata: {} }], { parallelism: 0 })).toEqual([
    { key: "a", data: value, etag: "1" },
  ]);
  await close();
});

test("its table of fields", () => {
  expect(fieldTable(definition)).toBe(`| Field | Type | Default | Meaning |
| --- | --- | --- | --- |
| \`label\` | text | **required** | What to write on the shelf. Example: \`orders\`. |
| \`room\` | number | \`1000\` | How many items fit. |
| \`delay\` | duration | \`0s\` | How slow the shelf is. |`);
});
