import { describe, expect, it } from "vitest";
import { readFilter, type QueryFilter } from "@trilby/kit";

describe("a query's filter", () => {
  it("is read as a tree", () => {
    const filter = {
      AND: [
        { EQ: { "person.org": "A" } },
        { OR: [{ IN: { state: ["CA", 1] } }, { GTE: { age: 3.5 } }, { NEQ: { on: true } }] },
      ],
    };
    expect(readFilter(filter)).toEqual({
      op: "AND",
      filters: [
        { op: "EQ", key: "person.org", value: "A" },
        {
          op: "OR",
          filters: [
            { op: "IN", key: "state", values: ["CA", 1] },
            { op: "GTE", key: "age", value: 3.5 },
            { op: "NEQ", key: "on", value: true },
          ],
        },
      ],
    });
    expect(readFilter(undefined)).toBeUndefined();
    expect(readFilter({})).toBeUndefined();
  });

  it.each([
    [{ EQ: { a: 1 }, NEQ: { b: 1 } }, "one key"],
    [{ EQ: { a: 1, b: 2 } }, "one key"],
    [{ EQ: [] }, "one key"],
    [{ AND: [] }, "list of filters"],
    [{ AND: { EQ: { a: 1 } } }, "list of filters"],
    [{ OR: ["x"] }, "one key"],
    [{ IN: { a: [] } }, "list of values"],
    [{ IN: { a: [null] } }, "takes a text"],
    [{ GT: { a: "1" } }, "takes a number"],
    [{ EQ: { a: { b: 1 } } }, "takes a text"],
    [{ EQ: { "": 1 } }, "empty key"],
    [{ EQ: { "a..b": 1 } }, "empty key"],
    [{ LIKE: { a: "x" } }, "LIKE"],
    [{ __proto__: null, toString: { a: 1 } }, "toString"],
  ])("%j is refused", (filter, problem) => {
    expect(() => readFilter(filter as QueryFilter)).toThrow(problem);
  });

  it("is refused when it is nested without end", () => {
    let filter: QueryFilter = { EQ: { a: 1 } };
    for (let depth = 0; depth < 10_000; depth++) filter = { AND: [filter] };
    expect(() => readFilter(filter)).toThrow("nested");
  });
});
