/** The `google.protobuf` messages that appear in Dapr's. */
export * from "./gen/google/protobuf/any.ts";
export * from "./gen/google/protobuf/duration.ts";
export * from "./gen/google/protobuf/empty.ts";
export * from "./gen/google/protobuf/struct.ts";
export * from "./gen/google/protobuf/timestamp.ts";
