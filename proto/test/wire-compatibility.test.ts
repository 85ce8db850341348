import type { DescMessage } from "@bufbuild/protobuf";
import type { MessageCodec } from "@trilby/proto";
import * as common from "@trilby/proto/common";
import * as runtime from "@trilby/proto/runtime";
import { describe, expect, test } from "vitest";
import { describe as describeSymbols, messagesOf } from "./descriptions.ts";
import { fullMessages, messageWithExplicitZeros } from "./full-messages.ts";
import { googleProtobufEnums, googleProtobufMessage, googleProtobufNames } from "./google-protobuf.ts";
import { newerFields, newerMessages, unusableMessages, withoutNewerFields } from "./newer-than-sdk.ts";
import type { OfficialMessage } from "./official-message.ts";
import { protobufEsDescriptions, protobufEsMessage } from "./protobuf-es.ts";

const registry = describeSymbols("dapr.proto.runtime.v1.Dapr", "dapr.proto.runtime.v1.AppCallback");
const messages = ["dapr.proto.common.v1", "dapr.proto.runtime.v1"].flatMap((each) => messagesOf(registry, each));
const generations = ["google-protobuf", "protobuf-es"] as const;

describe("the official SDK and we know the same", () => {
  test("messages", () => {
    const official = new Set([...googleProtobufNames, ...protobufEsDescriptions.keys()]);
    const ours = messages.map((message) => message.typeName);
    expect([...official, ...newerMessages].sort()).toEqual(ours.sort());
  });

  test("codecs: every message is exported", () => {
    for (const message of messages) expect(codecOf(message), message.typeName).toHaveProperty("decode");
  });

  test.each(generations)("fields, as of %s", (generation) => {
    const differing = messages
      .map((message) => ({ message, official: officialMessage(generation, message) }))
      .filter(({ message, official }) => {
        if (official === undefined) return false;
        const newer = newerFields[generation][message.typeName] ?? [];
        const ours = message.fields.filter((field) => !newer.includes(field.name)).map(official.spell);
        return (
          ours.sort().join() !== [...official.fields].sort().join() || newer.some((name) => official.fields.has(name))
        );
      });
    expect(differing.map(({ message }) => message.typeName)).toEqual([]);
  });

  test("enums, as of google-protobuf", () => {
    const mismatched = [...googleProtobufEnums].filter(([name, values]) => {
      if (!name.startsWith("dapr.proto.")) return false;
      const ours = registry.getEnum(name)?.values.map((value) => [value.name, value.number]);
      return ours === undefined || JSON.stringify(Object.fromEntries(ours)) !== JSON.stringify(values);
    });
    expect(mismatched).toEqual([]);
    expect([...googleProtobufEnums.keys()]).toContain("dapr.proto.runtime.v1.UnlockResponse.Status");
  });

  test("numbers, kinds, types, labels and JSON names, as of protobuf-es", () => {
    for (const [typeName, official] of protobufEsDescriptions) {
      const newer = newerFields["protobuf-es"][typeName] ?? [];
      const ours = messages.find((message) => message.typeName === typeName)!;
      expect(
        facts(ours).filter((fact) => !newer.includes(fact.name)),
        typeName,
      ).toEqual(facts(official));
    }
  });
});

describe.each(generations)("to %s and back", (generation) => {
  const known = messages.filter((message) => officialMessage(generation, message)?.complete === true);

  test.each(known.map((message) => [message.name, message] as const))("%s", (_name, description) => {
    const official = officialMessage(generation, description)!;
    const codec = codecOf(description);
    for (const full of [...fullMessages(description), messageWithExplicitZeros(description)]) {
      const message = withoutNewerFields(description, full, generation);
      expect(codec.decode(official.serialise(message))).toEqual(message);
      expect(codec.decode(official.repeat(codec.encode(message).finish()))).toEqual(message);
    }
  });
});

test("every message that the SDK has goes through at least one of its generations", () => {
  const untested = messages
    .filter((message) => !generations.some((generation) => officialMessage(generation, message)?.complete === true))
    .map((message) => message.typeName);
  expect(untested.sort()).toEqual([...newerMessages, ...unusableMessages].sort());
});

test.each(messages.map((message) => [message.name, message] as const))(
  "%s survives encoding, newer fields too",
  (_name, description) => {
    const codec = codecOf(description);
    for (const message of [...fullMessages(description), messageWithExplicitZeros(description)]) {
      expect(codec.decode(codec.encode(message).finish())).toEqual(message);
    }
  },
);

function officialMessage(
  generation: OfficialMessage["generation"],
  description: DescMessage,
): OfficialMessage | undefined {
  return generation === "google-protobuf"
    ? googleProtobufMessage(description)
    : protobufEsMessage(description.typeName);
}

function codecOf(description: DescMessage): MessageCodec<unknown> {
  const exported = description.file.proto.package === "dapr.proto.common.v1" ? common : runtime;
  return (exported as unknown as Record<string, MessageCodec<unknown>>)[description.name]!;
}

function facts(description: DescMessage) {
  return description.fields
    .map((field) => ({
      name: field.name,
      number: field.number,
      kind: field.fieldKind,
      value: field.message?.typeName ?? field.enum?.typeName ?? field.scalar,
      of:
        field.fieldKind === "list"
          ? field.listKind
          : field.fieldKind === "map"
            ? `${field.mapKey} ${field.mapKind}`
            : "",
      optional: field.proto.proto3Optional,
      oneof: field.oneof?.name,
      jsonName: field.jsonName,
    }))
    .sort((left, right) => left.number - right.number);
}
