import { RpcError } from "@trilby/kit/transport";
import { encodeMessage } from "@trilby/proto/encode";
import { BadRequest, ErrorInfo, Help, ResourceInfo, Status } from "@trilby/proto/rpc";
import type { Any } from "@trilby/proto/well-known";

import type { ApiError, ErrorDetail } from "../error.ts";

/** An error of the API as a gRPC status, its details in the order they were added. */
export function toStatus(error: ApiError): RpcError {
  return statusWithDetails(error.grpcCode, error.message, error.details, error);
}

export function statusWithDetails(
  code: number,
  message: string,
  details: readonly ErrorDetail[],
  cause?: unknown,
): RpcError {
  if (details.length === 0) return new RpcError(code, message, { cause });
  return new RpcError(code, message, {
    details: encodeMessage(Status, { code, message, details: details.map(pack) }),
    cause,
  });
}

function pack(detail: ErrorDetail): Any {
  switch (detail.kind) {
    case "error-info":
      return any(
        "ErrorInfo",
        encodeMessage(ErrorInfo, {
          reason: detail.reason,
          domain: detail.domain ?? "dapr.io",
          metadata: { ...detail.metadata },
        }),
      );
    case "resource-info": {
      const { resourceType, resourceName, owner, description } = detail;
      return any("ResourceInfo", encodeMessage(ResourceInfo, { resourceType, resourceName, owner, description }));
    }
    case "bad-request":
      return any(
        "BadRequest",
        encodeMessage(BadRequest, {
          fieldViolations: detail.violations.map(({ field, description }) => ({
            field,
            description,
            reason: "",
            localizedMessage: undefined,
          })),
        }),
      );
    case "help":
      return any(
        "Help",
        encodeMessage(Help, { links: detail.links.map(({ description, url }) => ({ description, url })) }),
      );
  }
}

function any(name: string, value: Uint8Array<ArrayBuffer>): Any {
  return { typeUrl: `type.googleapis.com/google.rpc.${name}`, value };
}
