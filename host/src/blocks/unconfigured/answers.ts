import { RpcCode } from "@trilby/kit/transport";

import { ApiError } from "../../api/error.ts";

/** What each block answers that nothing is configured for, in Dapr's words. */
const table = {
  configuration: [
    500,
    RpcCode.FAILED_PRECONDITION,
    "ERR_CONFIGURATION_STORE_NOT_CONFIGURED",
    "configuration stores not configured",
  ],
  lock: [500, RpcCode.FAILED_PRECONDITION, "ERR_LOCK_STORE_NOT_CONFIGURED", "lock store is not configured"],
  crypto: [500, RpcCode.INTERNAL, "ERR_CRYPTO_PROVIDERS_NOT_CONFIGURED", "crypto providers not configured"],
  subtleCrypto: [501, RpcCode.UNIMPLEMENTED, "ERR_API_UNIMPLEMENTED", "this API is currently not implemented"],
  // Workflows run on actors, so they answer the same.
  actors: [400, RpcCode.UNAVAILABLE, "ERR_ACTOR_NO_PLACEMENT", "placement service is not configured"],
  noAppId: [
    404,
    RpcCode.NOT_FOUND,
    "ERR_DIRECT_INVOKE",
    "failed getting app id either from the URL path or the header dapr-app-id",
  ],
} as const;

export function unconfigured(block: keyof typeof table): ApiError {
  const [httpStatus, grpcCode, errorCode, message] = table[block];
  return new ApiError({ httpStatus, grpcCode, errorCode, message });
}

/** The callee cannot be found: without name resolution nobody but the host's own app has an address. */
export function noSuchApp(id: string): ApiError {
  return new ApiError({
    httpStatus: 500,
    grpcCode: RpcCode.INTERNAL,
    errorCode: "ERR_DIRECT_INVOKE",
    message: `failed to invoke, id: ${id}, err: ${id === "" ? "app id is empty" : `couldn't find service: ${id}`}`,
  });
}

const firstMessages = {
  crypto: [RpcCode.INVALID_ARGUMENT, "invalid request: first message does not contain the required options"],
  actorEvents: [RpcCode.INVALID_ARGUMENT, "first message must be SubscribeActorEventsRequestInitialAlpha1"],
} as const;

/** A stream of gRPC that does not begin as it must. */
export function badFirstMessage(kind: keyof typeof firstMessages): ApiError {
  const [grpcCode, message] = firstMessages[kind];
  return new ApiError({ httpStatus: 400, grpcCode, errorCode: "ERR_BAD_REQUEST", message });
}

/** A lock is asked for a time that is no time; told before whether there is a store. */
export function noExpiry(store: string): ApiError {
  return new ApiError({
    httpStatus: 400,
    grpcCode: RpcCode.INVALID_ARGUMENT,
    errorCode: "ERR_MALFORMED_REQUEST",
    message: `ExpiryInSeconds is not positive in lock store ${store}`,
  });
}

export function noConversation(name: string): ApiError {
  return new ApiError({
    httpStatus: 400,
    grpcCode: RpcCode.INVALID_ARGUMENT,
    errorCode: "ERR_CONVERSATION_NOT_FOUND",
    message: `failed finding conversation component ${name}`,
  });
}

export function unparsable(problem: string): ApiError {
  return new ApiError({
    httpStatus: 400,
    grpcCode: RpcCode.INVALID_ARGUMENT,
    errorCode: "ERR_MALFORMED_REQUEST",
    message: `failed deserializing HTTP body: ${problem}`,
  });
}

/** Errors of jobs have no code but the reason in their details. */
export function jobError(reason: string, message: string, metadata: Readonly<Record<string, string>>): ApiError {
  const isRequest = reason === "DAPR_SCHEDULER_JOB_NAME" || reason.endsWith("_EMPTY");
  return new ApiError({
    httpStatus: isRequest ? 400 : 500,
    grpcCode: isRequest ? RpcCode.INVALID_ARGUMENT : RpcCode.INTERNAL,
    errorCode: reason,
    message,
    details: [{ kind: "error-info", reason, metadata }],
  });
}
