import { ComponentError, type BulkError } from "@trilby/kit";
import { RpcCode, RpcError } from "@trilby/kit/transport";

import { goCodeName } from "../../api/grpc/code-name.ts";

/** What went wrong in a store, told apart as Dapr tells it. `text` is E of the messages below. */
export interface StoreFailure {
  readonly kind: "etag-mismatch" | "etag-invalid" | "api" | "other";
  readonly text: string;
  readonly httpStatus: number;
  readonly grpcCode: number;
  readonly cause: unknown;
}

export function storeFailure(error: unknown): StoreFailure {
  const failure = ComponentError.is(error) ? componentFailure(error) : undefined;
  if (failure !== undefined) return { ...failure, cause: error };
  return {
    kind: "other",
    text: error instanceof Error ? error.message : String(error),
    httpStatus: 500,
    grpcCode: RpcCode.INTERNAL,
    cause: error,
  };
}

function componentFailure(error: ComponentError): Omit<StoreFailure, "cause"> | undefined {
  if (error.api !== undefined) {
    const grpcCode = ownGrpcCode(error);
    return { kind: "api", text: apiErrorText(grpcCode, error.message), httpStatus: error.api.httpStatus, grpcCode };
  }
  const { failures } = error as Partial<BulkError>;
  if (failures !== undefined && failures.length > 0) return bulkFailure(failures.map((failure) => failure.error));
  return etagFailure(error);
}

/** Several items: only etag errors make one etag error; else the first one among them decides. */
function bulkFailure(errors: readonly ComponentError[]): Omit<StoreFailure, "cause"> {
  const joined = errors.map((error) => etagFailure(error)?.text ?? error.message).join("\n");
  const etags = errors.flatMap((error) => etagFailure(error) ?? []);
  if (etags.length === errors.length) {
    const invalid = etags.some((failure) => failure.kind === "etag-invalid");
    return invalid ? etagInvalid(joined) : etagMismatch(joined);
  }
  return etags[0] ?? { kind: "other", text: joined, httpStatus: 500, grpcCode: RpcCode.INTERNAL };
}

function etagFailure(error: ComponentError): Omit<StoreFailure, "cause"> | undefined {
  if (error.code === "etag-mismatch") return etagMismatch(error.message);
  if (error.code === "etag-invalid") return etagInvalid(error.message);
  return undefined;
}

function etagMismatch(message: string): Omit<StoreFailure, "cause"> {
  return {
    kind: "etag-mismatch",
    text: withPrefix("possible etag mismatch. error from state store", message),
    httpStatus: 409,
    grpcCode: RpcCode.ABORTED,
  };
}

function etagInvalid(message: string): Omit<StoreFailure, "cause"> {
  return {
    kind: "etag-invalid",
    text: withPrefix("invalid etag value", message),
    httpStatus: 400,
    grpcCode: RpcCode.INVALID_ARGUMENT,
  };
}

function withPrefix(prefix: string, message: string): string {
  return message === "" ? prefix : `${prefix}: ${message}`;
}

const codeOfHttpStatus: Readonly<Record<number, number>> = {
  400: RpcCode.INVALID_ARGUMENT,
  401: RpcCode.UNAUTHENTICATED,
  403: RpcCode.PERMISSION_DENIED,
  404: RpcCode.NOT_FOUND,
  408: RpcCode.CANCELLED,
  409: RpcCode.ALREADY_EXISTS,
  429: RpcCode.RESOURCE_EXHAUSTED,
  500: RpcCode.INTERNAL,
  501: RpcCode.UNIMPLEMENTED,
  503: RpcCode.UNAVAILABLE,
  504: RpcCode.DEADLINE_EXCEEDED,
};

/** How an error of Dapr's own kind reads when it is quoted inside another message. */
export function apiErrorText(grpcCode: number, message: string): string {
  return `api error: code = ${goCodeName(grpcCode)} desc = ${message}`;
}

/** The code that the component's process answered with; in the host's own process, the one that fits the HTTP status. */
export function ownGrpcCode({ api, cause }: ComponentError): number {
  return cause instanceof RpcError ? cause.code : (codeOfHttpStatus[api!.httpStatus] ?? RpcCode.INTERNAL);
}
