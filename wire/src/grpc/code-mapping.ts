import { ErrorCode } from "../http2/http2-error.ts";
import { RpcCode } from "./status.ts";

/** The gRPC status of a stream that was reset ("gRPC over HTTP/2", Errors). */
export function codeOfReset(errorCode: number): number {
  if (errorCode === ErrorCode.REFUSED_STREAM) return RpcCode.UNAVAILABLE;
  if (errorCode === ErrorCode.CANCEL) return RpcCode.CANCELLED;
  if (errorCode === ErrorCode.ENHANCE_YOUR_CALM) return RpcCode.RESOURCE_EXHAUSTED;
  if (errorCode === ErrorCode.INADEQUATE_SECURITY) return RpcCode.PERMISSION_DENIED;
  return RpcCode.INTERNAL;
}

/** The gRPC status of an answer without one, by its `:status` ("HTTP to gRPC status code mapping"). */
export function codeOfHttpStatus(status: string | undefined): number {
  switch (status) {
    case "400":
      return RpcCode.INTERNAL;
    case "401":
      return RpcCode.UNAUTHENTICATED;
    case "403":
      return RpcCode.PERMISSION_DENIED;
    case "404":
      return RpcCode.UNIMPLEMENTED;
    case "429":
    case "502":
    case "503":
    case "504":
      return RpcCode.UNAVAILABLE;
    default:
      return RpcCode.UNKNOWN;
  }
}
