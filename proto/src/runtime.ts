/** `dapr.proto.runtime.v1`: the API an application calls, and the callbacks an application serves. */
export * from "./gen/dapr/proto/runtime/v1/actors.ts";
export * from "./gen/dapr/proto/runtime/v1/ai.ts";
export * from "./gen/dapr/proto/runtime/v1/appcallback.ts";
export * from "./gen/dapr/proto/runtime/v1/binding.ts";
export * from "./gen/dapr/proto/runtime/v1/configuration.ts";
export * from "./gen/dapr/proto/runtime/v1/crypto.ts";
export * from "./gen/dapr/proto/runtime/v1/dapr.ts";
export * from "./gen/dapr/proto/runtime/v1/invoke.ts";
export * from "./gen/dapr/proto/runtime/v1/jobs.ts";
export * from "./gen/dapr/proto/runtime/v1/lock.ts";
export * from "./gen/dapr/proto/runtime/v1/metadata.ts";
export * from "./gen/dapr/proto/runtime/v1/pubsub.ts";
export * from "./gen/dapr/proto/runtime/v1/secret.ts";
export * from "./gen/dapr/proto/runtime/v1/state.ts";
export * from "./gen/dapr/proto/runtime/v1/workflow.ts";
