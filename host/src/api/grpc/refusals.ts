import { RpcCode, type RpcError } from "@trilby/kit/transport";

import { statusWithDetails } from "./status.ts";

/** The status of a call without the right API token. */
export function unauthorized(problem: string): RpcError {
  return likeHttp(RpcCode.UNAUTHENTICATED, 401, "Unauthorized", problem);
}

/** The status of a call that API rules refuse. */
export function notAvailable(): RpcError {
  return likeHttp(RpcCode.UNIMPLEMENTED, 501, "Not Implemented", "requested endpoint is not available");
}

/** Some refusals carry the HTTP answer they stand for. */
function likeHttp(code: number, httpStatus: number, statusText: string, problem: string): RpcError {
  const metadata = { "http.code": String(httpStatus), "http.error_message": problem };
  return statusWithDetails(code, statusText, [{ kind: "error-info", reason: statusText, metadata }]);
}
