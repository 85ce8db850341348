import type { ComponentError } from "@trilby/kit";
import { RpcCode } from "@trilby/kit/transport";

import { ApiError, type ErrorDetail } from "../../api/error.ts";
import { apiErrorText, ownGrpcCode, storeFailure } from "./store-failure.ts";

/** The protocols word some errors differently: HTTP's have a code and no details, gRPC's carry the code as a detail. */
export type Protocol = "http" | "grpc";

function plain(
  protocol: Protocol,
  httpStatus: number,
  grpcCode: number,
  errorCode: string,
  message: string,
  cause?: unknown,
): ApiError {
  const details: ErrorDetail[] = protocol === "http" ? [] : [{ kind: "error-info", reason: errorCode, metadata: null }];
  return new ApiError({ httpStatus, grpcCode, errorCode, message, details, cause });
}

interface RichOptions {
  readonly store: string;
  readonly httpStatus: number;
  readonly grpcCode: number;
  readonly errorCode: string;
  readonly reason: string;
  readonly message: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly before?: readonly ErrorDetail[];
  /** Without the detail that names the store. */
  readonly bare?: boolean;
  readonly cause?: unknown;
}

function rich({ store, reason, metadata, before = [], bare = false, ...rest }: RichOptions): ApiError {
  const resource: ErrorDetail = {
    kind: "resource-info",
    resourceType: "state",
    resourceName: store,
    owner: "",
    description: "",
  };
  return new ApiError({
    ...rest,
    details: [...before, ...(bare ? [] : [resource]), { kind: "error-info", reason, metadata: metadata ?? null }],
  });
}

/** `appId` is told over HTTP alone, and not for queries. */
export function notConfigured(store: string, appId: string | undefined): ApiError {
  return rich({
    store,
    bare: true,
    httpStatus: 500,
    grpcCode: RpcCode.FAILED_PRECONDITION,
    errorCode: "ERR_STATE_STORE_NOT_CONFIGURED",
    reason: "DAPR_STATE_NOT_CONFIGURED",
    message: `state store ${store} is not configured`,
    ...(appId !== undefined && { metadata: { appID: appId } }),
  });
}

export function notFound(store: string, appId: string | undefined): ApiError {
  return rich({
    store,
    bare: true,
    httpStatus: 400,
    grpcCode: RpcCode.INVALID_ARGUMENT,
    errorCode: "ERR_STATE_STORE_NOT_FOUND",
    reason: "DAPR_STATE_NOT_FOUND",
    message: `state store ${store} is not found`,
    ...(appId !== undefined && { metadata: { appID: appId } }),
  });
}

/** Over HTTP the message quotes the error that gRPC answers with. `field` is the key as far as Dapr still knows it. */
export function invalidKey(protocol: Protocol, store: string, field: string, problem: string): ApiError {
  const message = protocol === "http" ? apiErrorText(RpcCode.INVALID_ARGUMENT, problem) : problem;
  return rich({
    store,
    httpStatus: 400,
    grpcCode: RpcCode.INVALID_ARGUMENT,
    errorCode: "ERR_MALFORMED_REQUEST",
    reason: "DAPR_STATE_ILLEGAL_KEY",
    message,
    before: [{ kind: "bad-request", violations: [{ field, description: message }] }],
  });
}

export function malformed(message: string): ApiError {
  return plain("http", 400, RpcCode.INVALID_ARGUMENT, "ERR_MALFORMED_REQUEST", message);
}

export function emptyKey(): ApiError {
  return plain("grpc", 400, RpcCode.INVALID_ARGUMENT, "ERR_STATE_SAVE", "state key cannot be empty");
}

export function getFailed(protocol: Protocol, store: string, key: string, error: unknown): ApiError {
  const failure = storeFailure(error);
  if (failure.kind === "api" && protocol === "grpc") return componentsOwn(error);
  const status = failure.kind === "api" ? failure.httpStatus : 500;
  return plain(
    protocol,
    status,
    RpcCode.INTERNAL,
    "ERR_STATE_GET",
    `fail to get ${key} from state store ${store}: ${failure.text}`,
    error,
  );
}

export function bulkGetFailed(protocol: Protocol, error: unknown): ApiError {
  const failure = storeFailure(error);
  if (failure.kind === "api" && protocol === "grpc") return componentsOwn(error);
  const status = failure.kind === "api" ? failure.httpStatus : 500;
  return new ApiError({
    httpStatus: status,
    grpcCode: RpcCode.UNKNOWN,
    errorCode: "ERR_STATE_BULK_GET",
    message: failure.text,
    cause: error,
  });
}

export function saveFailed(protocol: Protocol, store: string, error: unknown): ApiError {
  return writeFailed(protocol, "ERR_STATE_SAVE", `failed saving state in state store ${store}`, error);
}

export function deleteFailed(protocol: Protocol, key: string, error: unknown): ApiError {
  return writeFailed(protocol, "ERR_STATE_DELETE", `failed deleting state with key ${key}`, error);
}

export function bulkDeleteFailed(store: string, error: unknown): ApiError {
  return writeFailed("grpc", "ERR_STATE_BULK_DELETE", `failed deleting state in state store ${store}`, error);
}

function writeFailed(protocol: Protocol, errorCode: string, what: string, error: unknown): ApiError {
  const failure = storeFailure(error);
  if (failure.kind === "api" && protocol === "grpc") return componentsOwn(error);
  return plain(protocol, failure.httpStatus, failure.grpcCode, errorCode, `${what}: ${failure.text}`, error);
}

export function transactionsNotSupported(store: string): ApiError {
  return rich({
    store,
    httpStatus: 500,
    grpcCode: RpcCode.UNIMPLEMENTED,
    errorCode: "ERR_STATE_STORE_NOT_SUPPORTED",
    reason: "DAPR_STATE_TRANSACTIONS_NOT_SUPPORTED",
    message: `state store ${store} doesn't support transactions`,
    before: [
      {
        kind: "help",
        links: [
          {
            description: "Check the list of state stores and the features they support",
            url: "https://docs.dapr.io/reference/components-reference/supported-state-stores/",
          },
        ],
      },
    ],
  });
}

export function unknownOperation(protocol: Protocol, operation: string): ApiError {
  return plain(
    protocol,
    400,
    RpcCode.UNIMPLEMENTED,
    "ERR_NOT_SUPPORTED_STATE_OPERATION",
    `operation type ${operation} not supported`,
  );
}

export function tooManyOperations(store: string, count: number, most: number): ApiError {
  return rich({
    store,
    httpStatus: 400,
    grpcCode: RpcCode.INVALID_ARGUMENT,
    errorCode: "ERR_STATE_STORE_TOO_MANY_TRANSACTIONS",
    reason: "DAPR_STATE_TOO_MANY_TRANSACTIONS",
    message: `the transaction contains ${count} operations, which is more than what the state store supports: ${most}`,
    metadata: { currentOpsTransaction: String(count), maxOpsPerTransaction: String(most) },
  });
}

export function transactionFailed(protocol: Protocol, error: unknown): ApiError {
  const { text } = storeFailure(error);
  return plain(
    protocol,
    500,
    RpcCode.INTERNAL,
    "ERR_STATE_TRANSACTION",
    `error while executing state transaction: ${text}`,
    error,
  );
}

export function queryNotSupported(store: string): ApiError {
  return rich({
    store,
    httpStatus: 500,
    grpcCode: RpcCode.INTERNAL,
    errorCode: "ERR_STATE_STORE_NOT_SUPPORTED",
    reason: "DAPR_STATE_QUERYING_NOT_SUPPORTED",
    message: "state store does not support querying",
  });
}

export function queryFailed(store: string, error: unknown): ApiError {
  const failure = storeFailure(error);
  if (failure.kind === "api") return componentsOwn(error);
  return rich({
    store,
    httpStatus: 500,
    grpcCode: RpcCode.INTERNAL,
    errorCode: "ERR_STATE_QUERY",
    reason: "DAPR_STATE_QUERY_FAILED",
    message: `state store ${store} query failed: ${failure.text}`,
    cause: error,
  });
}

/** An error of Dapr's API that the component raised itself goes out as it is. */
function componentsOwn(error: unknown): ApiError {
  const { message, api } = error as ComponentError;
  const { httpStatus, tag, reason, domain, metadata } = api!;
  const pairs = metadata === undefined || Object.keys(metadata).length === 0 ? null : metadata;
  return new ApiError({
    httpStatus,
    grpcCode: ownGrpcCode(error as ComponentError),
    errorCode: tag === "" ? reason : tag,
    message,
    details: [{ kind: "error-info", reason, domain, metadata: pairs }],
    cause: error,
  });
}
