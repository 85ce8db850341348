import type { BulkGetItem, QueryResult } from "@trilby/kit";

import { compactJson } from "../../api/json/compact.ts";
import { encodeJson, mapOrNothing, quoteJson } from "../../api/json/escape.ts";

/** The body of a bulk get, with the newline that ends it. Values stand in it as JSON. */
export function formatBulkGet(items: readonly BulkGetItem[]): string {
  return `[${items.map(formatItem).join(",")}]\n`;
}

function formatItem({ key, data, etag, metadata, error }: BulkGetItem): string {
  let text = `{"key":${quoteJson(key)}`;
  let problem = error;
  if (data !== undefined && data.length > 0) {
    const json = compactJson(data);
    if (json === undefined) problem ||= notJson;
    else text += `,"data":${json}`;
  }
  if (etag !== undefined) text += `,"etag":${quoteJson(etag)}`;
  const map = mapOrNothing(metadata);
  if (map !== undefined) text += `,"metadata":${encodeJson(map)}`;
  if (problem) text += `,"error":${quoteJson(problem)}`;
  return `${text}}`;
}

/** Dapr answers such a request with an empty body: one value that is no JSON hides all the others. */
const notJson = "the value is not JSON; get it by its key, or over gRPC";

export function formatQuery({ items, token, metadata }: QueryResult): string {
  const results = items.map(({ key, data, etag, error }) => {
    const json = data.length === 0 ? "null" : compactJson(data);
    const problem = json === undefined ? error || notJson : error;
    return `{"key":${quoteJson(key)},"data":${json ?? "null"}${etag ? `,"etag":${quoteJson(etag)}` : ""}${problem ? `,"error":${quoteJson(problem)}` : ""}}`;
  });
  const map = mapOrNothing(metadata);
  return `{"results":[${results.join(",")}]${token ? `,"token":${quoteJson(token)}` : ""}${map === undefined ? "" : `,"metadata":${encodeJson(map)}`}}\n`;
}
