/** `google.rpc`: the status with details that travels in the `grpc-status-details-bin` trailer. */
export * from "./gen/google/rpc/error_details.ts";
export * from "./gen/google/rpc/status.ts";
