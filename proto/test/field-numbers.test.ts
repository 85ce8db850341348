import type { DescEnum, DescField, DescMessage, DescService } from "@bufbuild/protobuf";
import { ScalarType } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { describe as describeSymbols, messagesOf } from "./descriptions.ts";
import { fieldNumbers } from "./field-numbers.ts";
import { newerFields, newerMessages, unusableMessages } from "./newer-than-sdk.ts";

const registry = describeSymbols(
  ...["StateStore", "PubSub", "InputBinding", "SecretStore"].map((name) => `dapr.proto.components.v1.${name}`),
  "dapr.proto.runtime.v1.Dapr",
  "google.rpc.Status",
  "google.rpc.ErrorInfo",
  "grpc.health.v1.Health",
  "grpc.reflection.v1.ServerReflection",
  "grpc.reflection.v1alpha.ServerReflection",
);

test.each(Object.entries(fieldNumbers))("%s", (protoPackage, table) => {
  const declared = Object.keys(table).map((name) => {
    const found = registry.get(`${protoPackage}.${name}`);
    if (found === undefined) return [name, "is missing"];
    return [
      name,
      found.kind === "message"
        ? fieldsOf(found)
        : found.kind === "enum"
          ? valuesOf(found)
          : methodsOf(found as DescService),
    ];
  });
  expect(Object.fromEntries(declared)).toEqual(table);
});

test.each(Object.keys(fieldNumbers).filter((name) => name !== "dapr.proto.runtime.v1"))(
  "%s holds nothing that the table lacks",
  (protoPackage) => {
    const names = messagesOf(registry, protoPackage).map((message) => message.typeName.slice(protoPackage.length + 1));
    const services = [...registry]
      .filter((each) => each.kind === "service" && each.file.proto.package === protoPackage)
      .map((service) => service.name);
    expect([...names, ...services].filter((name) => fieldNumbers[protoPackage]![name] === undefined)).toEqual([]);
  },
);

test("what is newer than the SDK is in the table", () => {
  const newer = [
    ...newerMessages,
    ...unusableMessages,
    ...Object.values(newerFields).flatMap((each) => Object.keys(each)),
  ];
  const inTable = Object.keys(fieldNumbers["dapr.proto.runtime.v1"]!).map((name) => `dapr.proto.runtime.v1.${name}`);
  expect(inTable.sort()).toEqual([...new Set(newer)].sort());
});

function fieldsOf(message: DescMessage): string {
  return message.fields
    .toSorted((left, right) => left.number - right.number)
    .map((field) => `${field.number} ${field.name}: ${typeOf(field)}`)
    .join("; ");
}

function typeOf(field: DescField): string {
  const value = field.message ?? field.enum;
  const type =
    value === undefined
      ? ScalarType[field.scalar!].toLowerCase()
      : nameIn(field.parent.file.proto.package, value.typeName);
  if (field.fieldKind === "list") return `repeated ${type}`;
  if (field.fieldKind === "map") return `map ${ScalarType[field.mapKey].toLowerCase()} ${type}`;
  if (field.oneof !== undefined) return `${field.oneof.name}? ${type}`;
  return field.proto.proto3Optional ? `optional ${type}` : type;
}

function valuesOf(description: DescEnum): string {
  return description.values.map((value) => `${value.number} ${value.name}`).join("; ");
}

function methodsOf(service: DescService): string {
  const protoPackage = service.file.proto.package;
  return service.methods
    .map(({ name, methodKind, input, output }) => {
      const request = methodKind === "client_streaming" || methodKind === "bidi_streaming" ? "stream " : "";
      const response = methodKind === "server_streaming" || methodKind === "bidi_streaming" ? "stream " : "";
      return `${name}: ${request}${nameIn(protoPackage, input.typeName)} -> ${response}${nameIn(protoPackage, output.typeName)}`;
    })
    .join("; ");
}

function nameIn(protoPackage: string, typeName: string): string {
  return typeName.startsWith(`${protoPackage}.`) ? typeName.slice(protoPackage.length + 1) : typeName;
}
