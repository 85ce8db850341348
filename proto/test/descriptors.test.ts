import { fromBinary, toJson } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { fileByName, fileContainingSymbol } from "@trilby/proto/descriptors";
import { Job } from "@trilby/proto/runtime";
import { expect, test } from "vitest";
import { describe } from "./descriptions.ts";

const namesOf = (files: Uint8Array[]): string[] =>
  files.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name);

test("a file comes with all that it imports, each before what it imports itself", () => {
  const files = fileContainingSymbol("dapr.proto.components.v1.StateStore").map((bytes) =>
    fromBinary(FileDescriptorProtoSchema, bytes),
  );
  expect(files.map((file) => file.name)).toEqual([
    "dapr/proto/components/v1/state.proto",
    expect.any(String),
    expect.any(String),
  ]);
  expect(files.map((file) => file.name).sort()).toEqual([
    "dapr/proto/components/v1/common.proto",
    "dapr/proto/components/v1/state.proto",
    "google/protobuf/any.proto",
  ]);
  const api = fileContainingSymbol("dapr.proto.runtime.v1.Dapr").map((bytes) =>
    fromBinary(FileDescriptorProtoSchema, bytes),
  );
  for (const [index, file] of api.entries()) {
    const later = api.slice(index + 1).map((each) => each.name);
    for (const imported of file.dependency) expect(later, `${file.name} imports ${imported}`).toContain(imported);
  }
});

test.each([
  ["dapr.proto.components.v1.PubSub.PullMessages", "dapr/proto/components/v1/pubsub.proto"],
  ["dapr.proto.runtime.v1.UnlockResponse.Status", "dapr/proto/runtime/v1/lock.proto"],
  ["google.rpc.BadRequest.FieldViolation", "google/rpc/error_details.proto"],
  ["google.protobuf.NullValue", "google/protobuf/struct.proto"],
  ["grpc.reflection.v1alpha.ServerReflection", "grpc/reflection/v1alpha/reflection.proto"],
])("%s is found in %s", (symbol, file) => {
  expect(namesOf(fileContainingSymbol(symbol))[0]).toBe(file);
  expect(fileByName(file)).toEqual(fileContainingSymbol(symbol));
});

test.each(["", "Dapr", "dapr.proto.runtime.v1", "dapr.proto.runtime.v1.Nothing", "toString", "__proto__"])(
  "nothing is found for %j",
  (unknown) => {
    expect(fileContainingSymbol(unknown)).toEqual([]);
    expect(fileByName(unknown)).toEqual([]);
  },
);

test("the descriptions are enough for Dapr's JSON form of a message", () => {
  const registry = describe("dapr.proto.runtime.v1.Dapr");
  const schema = registry.getMessage("dapr.proto.runtime.v1.Job")!;
  const job = Job.create({
    name: "n",
    dueTime: "10s",
    failurePolicy: { policy: { $case: "constant", value: { interval: { seconds: 3 }, maxRetries: 2 } } },
  });
  expect(toJson(schema, fromBinary(schema, Job.encode(job).finish()))).toEqual({
    name: "n",
    dueTime: "10s",
    failurePolicy: { constant: { interval: "3s", maxRetries: 2 } },
  });
});
