/** `dapr.proto.components.v1`: what a component in another process serves. */
export * from "./gen/dapr/proto/components/v1/bindings.ts";
export * from "./gen/dapr/proto/components/v1/common.ts";
export * from "./gen/dapr/proto/components/v1/pubsub.ts";
export * from "./gen/dapr/proto/components/v1/secretstore.ts";
export * from "./gen/dapr/proto/components/v1/state.ts";
