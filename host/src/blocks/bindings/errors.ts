import { RpcCode } from "@trilby/kit/transport";

import { ApiError } from "../../api/error.ts";

export function malformed(reason: string, cause?: unknown): ApiError {
  return new ApiError({
    httpStatus: 400,
    grpcCode: RpcCode.INVALID_ARGUMENT,
    errorCode: "ERR_MALFORMED_REQUEST",
    message: reason,
    cause,
  });
}

/** The failure of an output binding. Only over gRPC does Dapr tell its code as a detail. */
export function invokeFailed(protocol: "http" | "grpc", name: string, cause: unknown): ApiError {
  if (cause instanceof ApiError) return cause;
  return new ApiError({
    httpStatus: 500,
    grpcCode: RpcCode.INTERNAL,
    errorCode,
    message: `error invoking output binding ${name}: ${cause instanceof Error ? cause.message : String(cause)}`,
    cause,
    details: protocol === "grpc" ? [{ kind: "error-info", reason: errorCode, metadata: null }] : [],
  });
}

const errorCode = "ERR_INVOKE_OUTPUT_BINDING";
