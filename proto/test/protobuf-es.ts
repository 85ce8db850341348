import type { DescField, DescMessage } from "@bufbuild/protobuf";
import type { PlainMessage } from "./full-messages.ts";
import type { OfficialMessage } from "./official-message.ts";
import { officialFiles, requireFromSdk } from "./official-sdk.ts";

const { create, fromBinary, toBinary } = requireFromSdk("@bufbuild/protobuf") as typeof import("@bufbuild/protobuf");

const descriptions = new Map<string, DescMessage>();
for (const { exported } of officialFiles()) {
  for (const value of Object.values(exported)) if (value?.kind === "message") descriptions.set(value.typeName, value);
}

/** Their own descriptions of their messages. */
export const protobufEsDescriptions: ReadonlyMap<string, DescMessage> = descriptions;

export function protobufEsMessage(typeName: string): OfficialMessage | undefined {
  const description = descriptions.get(typeName);
  if (description === undefined) return undefined;
  return {
    generation: "protobuf-es",
    typeName,
    fields: new Set(description.fields.map((field) => field.name)),
    complete: true,
    spell: (field) => field.name,
    serialise: (message) => toBinary(description, create(description, convert(description, message) as never)),
    repeat: (bytes) => toBinary(description, fromBinary(description, bytes, { readUnknownFields: false })),
  };
}

// Follows their description, so that a name, a kind or a type that differs from ours fails or changes the value.
function convert(description: DescMessage, message: PlainMessage): unknown {
  if (description.typeName === "google.protobuf.Struct") return message;
  const initial: PlainMessage = {};
  for (const member of description.members) {
    const value = message[member.localName];
    if (value === undefined) continue; // never set in ours, which the equality then shows
    if (member.kind === "field") {
      initial[member.localName] = convertField(member, value);
    } else {
      const chosen = value as { $case: string; value: unknown };
      const field = member.fields.find((each) => each.localName === chosen.$case);
      if (field === undefined)
        throw new Error(`${member.name} of ${description.typeName} has no ${chosen.$case} there`);
      initial[member.localName] = { case: chosen.$case, value: convertField(field, chosen.value) };
    }
  }
  return initial;
}

function convertField(field: DescField, value: unknown): unknown {
  const one = (each: unknown): unknown => {
    if (field.message !== undefined) return convert(field.message, each as PlainMessage);
    return field.scalar !== undefined && sixtyFourBits.has(field.scalar) ? BigInt(each as number) : each;
  };
  if (field.fieldKind === "list") return (value as unknown[]).map(one);
  if (field.fieldKind === "map")
    return Object.fromEntries(Object.entries(value as object).map(([key, each]) => [key, one(each)]));
  return one(value);
}

/** int64, uint64, fixed64, sfixed64, sint64: bigint there. */
const sixtyFourBits = new Set<number>([3, 4, 6, 16, 18]);
