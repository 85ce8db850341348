/** `dapr.proto.common.v1`: what the runtime and the application callback protocols share. */
export * from "./gen/dapr/proto/common/v1/common.ts";
