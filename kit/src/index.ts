export type * from "./contract/binding.ts";
export type * from "./contract/call.ts";
export * from "./contract/definition.ts";
export type * from "./contract/pubsub.ts";
export type * from "./contract/secret-store.ts";
export type * from "./contract/state.ts";
export * from "./errors/component-error.ts";
export * from "./metadata/index.ts";
