import type { ServiceDefinition } from "@trilby/proto";
import * as common from "@trilby/proto/common";
import * as components from "@trilby/proto/components";
import * as health from "@trilby/proto/health";
import * as reflection from "@trilby/proto/reflection";
import * as runtime from "@trilby/proto/runtime";
import * as wellKnown from "@trilby/proto/well-known";
import type { DescService } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { describe as describeSymbols } from "./descriptions.ts";
import { newerMethods } from "./newer-than-sdk.ts";
import { requireFromSdk } from "./official-sdk.ts";

const definitions: ServiceDefinition[] = [
  runtime.DaprDefinition,
  runtime.AppCallbackDefinition,
  runtime.AppCallbackHealthCheckDefinition,
  runtime.AppCallbackAlphaDefinition,
  components.StateStoreDefinition,
  components.TransactionalStateStoreDefinition,
  components.QueriableStateStoreDefinition,
  components.TransactionalStoreMultiMaxSizeDefinition,
  components.PubSubDefinition,
  components.InputBindingDefinition,
  components.OutputBindingDefinition,
  components.SecretStoreDefinition,
  health.HealthDefinition,
  reflection.v1.ServerReflectionDefinition,
  reflection.v1alpha.ServerReflectionDefinition,
];
const registry = describeSymbols(...definitions.map((definition) => definition.fullName));

/** Codec to the full name of its message. */
const names = new Map<unknown, string>();
const exports: [string, object][] = [
  ["dapr.proto.common.v1", common],
  ["dapr.proto.runtime.v1", runtime],
  ["dapr.proto.components.v1", components],
  ["grpc.health.v1", health],
  ["grpc.reflection.v1", reflection.v1],
  ["grpc.reflection.v1alpha", reflection.v1alpha],
  ["google.protobuf", wellKnown],
];
for (const [scope, exported] of exports)
  for (const [name, codec] of Object.entries(exported)) names.set(codec, `${scope}.${name}`);

test.each(definitions.map((definition) => [definition.fullName, definition] as const))(
  "%s is defined as it is described",
  (fullName, definition) => {
    expect(methodsOf(definition)).toEqual(methodsOfDescription(registry.getService(fullName)!));
    expect(Object.values(definition.methods).map((method) => lowerCamel(method.name))).toEqual(
      Object.keys(definition.methods),
    );
  },
);

test("no service is left out", () => {
  const described = [...registry].filter((each) => each.kind === "service").map((service) => service.typeName);
  expect(definitions.map((definition) => definition.fullName).sort()).toEqual(described.sort());
});

test("the official SDK calls the same methods the same way", () => {
  const ours: Record<string, string> = {};
  for (const definition of definitions.slice(0, 4)) {
    for (const [path, shape] of Object.entries(methodsOf(definition))) ours[path] = shape;
  }
  const newer = Object.fromEntries(
    Object.entries(newerMethods).map(([path, shape]) => [
      `/dapr.proto.runtime.v1.${path}`,
      shape.replace(/\w+$|\w+(?= ->)/g, "dapr.proto.runtime.v1.$&"),
    ]),
  );
  const protobufEs = ["dapr", "appcallback"].flatMap((file) =>
    servicesOf(`./proto/dapr/proto/runtime/v1/${file}_pb.js`),
  );
  const official = Object.assign({}, newer, ...protobufEs.map(methodsOfDescription));
  // The other generation names no types; those of the methods only it has are ours, held to the messages' own tests.
  for (const [path, streams] of Object.entries(grpcJsMethods())) {
    official[path] ??= ours[path];
    expect(official[path]?.includes("stream "), path).toBe(streams);
    expect(newer, "no longer newer").not.toHaveProperty([path]);
  }
  for (const path of protobufEs.flatMap((service) => Object.keys(methodsOfDescription(service))))
    expect(newer, "no longer newer").not.toHaveProperty([path]);
  expect(ours).toEqual(official);
});

function methodsOf(definition: ServiceDefinition): Record<string, string> {
  return Object.fromEntries(
    Object.values(definition.methods).map((method) => [
      `/${definition.fullName}/${method.name}`,
      `${method.requestStream ? "stream " : ""}${names.get(method.requestType)} -> ${method.responseStream ? "stream " : ""}${names.get(method.responseType)}`,
    ]),
  );
}

function methodsOfDescription(service: DescService): Record<string, string> {
  return Object.fromEntries(
    service.methods.map(({ name, methodKind, input, output }) => {
      const request = methodKind === "client_streaming" || methodKind === "bidi_streaming" ? "stream " : "";
      const response = methodKind === "server_streaming" || methodKind === "bidi_streaming" ? "stream " : "";
      return [`/${service.typeName}/${name}`, `${request}${input.typeName} -> ${response}${output.typeName}`];
    }),
  );
}

function servicesOf(path: string): DescService[] {
  const exported: Record<string, any> = requireFromSdk(path);
  return Object.values(exported).filter((each) => each?.kind === "service");
}

/** Path to whether it streams. */
function grpcJsMethods(): Record<string, boolean> {
  const exported = {
    ...requireFromSdk("./proto/dapr/proto/runtime/v1/dapr_grpc_pb.js"),
    ...requireFromSdk("./proto/dapr/proto/runtime/v1/appcallback_grpc_pb.js"),
  };
  const methods = Object.entries(exported as Record<string, any>)
    .filter(([name]) => name.endsWith("Service"))
    .flatMap(([, service]) =>
      Object.values<{ path: string; requestStream: boolean; responseStream: boolean }>(service),
    );
  return Object.fromEntries(methods.map((method) => [method.path, method.requestStream || method.responseStream]));
}

const lowerCamel = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);
