import { readFilter, type Query, type QueryFilter } from "@trilby/kit";

import { JsonReader } from "../../api/json/reader.ts";

/** Reads the text of a query. Throws an Error whose message ends `state store S query failed: `. */
export function readQuery(text: Uint8Array): Query {
  try {
    return parse(text);
  } catch (error) {
    throw new Error(`failed to parse JSON query body: ${(error as Error).message}`, { cause: error });
  }
}

function parse(text: Uint8Array): Query {
  const reader = new JsonReader(text, "text");
  let filter: QueryFilter | undefined;
  let sort: { key: string; order: "ASC" | "DESC" }[] = [];
  let limit = 0;
  let token = "";
  reader.object({ type: "query.QueryFields" }, (name) => {
    switch (name.toLowerCase()) {
      case "filter":
        filter = readFilterObject(reader);
        return;
      case "sort":
        sort = [];
        return void reader.array({ field: "QueryFields.sort", type: "[]query.Sorting" }, () => {
          let key = "";
          let order = "";
          reader.object({ field: "QueryFields.sort", type: "query.Sorting" }, (member) => {
            const lower = member.toLowerCase();
            if (lower === "key") key = reader.string({ field: "Sorting.sort.key", type: "string" }) ?? key;
            else if (lower === "order") order = reader.string({ field: "Sorting.sort.order", type: "string" }) ?? order;
            else reader.skip();
          });
          sort.push({ key, order: order === "DESC" ? "DESC" : "ASC" });
        });
      case "page":
        return void reader.object({ field: "QueryFields.page", type: "query.Pagination" }, (member) => {
          const lower = member.toLowerCase();
          if (lower === "limit") limit = reader.integer({ field: "Pagination.page.limit", type: "int" }) ?? limit;
          else if (lower === "token")
            token = reader.string({ field: "Pagination.page.token", type: "string" }) ?? token;
          else reader.skip();
        });
      default:
        reader.skip();
    }
  });
  reader.finish();
  readFilter(filter); // Only to refuse here what no store could answer.
  return { filter, sort, page: { limit, token } };
}

function readFilterObject(reader: JsonReader): QueryFilter | undefined {
  const place = { field: "QueryFields.filter", type: "map[string]interface {}" };
  if (reader.kind() !== "object") {
    reader.object(place, () => {});
    return undefined;
  }
  return JSON.parse(
    Buffer.from(reader.canonical({ field: "QueryFields.filter", type: "float64" })).toString(),
  ) as QueryFilter;
}
