import type { ApiError, ErrorDetail } from "./error.ts";
import { encodeJson, quoteJson } from "./json/escape.ts";

/** The body of an error over HTTP: the simple form, or the rich one with the details in the order they were added. */
export function errorBody(error: ApiError): string {
  const head = `{"errorCode":${quoteJson(error.errorCode)},"message":${quoteJson(error.message)}`;
  if (error.details.length === 0) return `${head}}`;
  return `${head},"details":[${error.details.map((detail) => encodeJson(detailMembers(detail))).join(",")}]}`;
}

/** Members in alphabetical order, as Dapr prints them; inside lists empty members are left out. */
function detailMembers(detail: ErrorDetail): Record<string, unknown> {
  switch (detail.kind) {
    case "error-info":
      return {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        domain: detail.domain ?? "dapr.io",
        metadata: detail.metadata === null ? null : new Map(Object.entries(detail.metadata)),
        reason: detail.reason,
      };
    case "resource-info":
      return {
        "@type": "type.googleapis.com/google.rpc.ResourceInfo",
        description: detail.description,
        owner: detail.owner,
        resource_name: detail.resourceName,
        resource_type: detail.resourceType,
      };
    case "bad-request":
      return {
        "@type": "type.googleapis.com/google.rpc.BadRequest",
        field_violations: detail.violations.map(({ field, description }) => ({
          field: field || undefined,
          description: description || undefined,
        })),
      };
    case "help":
      return {
        "@type": "type.googleapis.com/google.rpc.Help",
        links: detail.links.map(({ description, url }) => ({
          description: description || undefined,
          url: url || undefined,
        })),
      };
  }
}
