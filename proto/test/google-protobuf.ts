import type { DescField, DescMessage } from "@bufbuild/protobuf";
import type { PlainMessage } from "./full-messages.ts";
import type { OfficialMessage } from "./official-message.ts";
import { officialFiles, requireFromSdk } from "./official-sdk.ts";

interface Instance {
  serializeBinary(): Uint8Array;
  [member: string]: any;
}
interface MessageClass {
  new (): Instance;
  deserializeBinary(bytes: Uint8Array): Instance;
  [member: string]: any;
}

const classes = new Map<string, MessageClass>();
/** Enums by full name. */
export const googleProtobufEnums = new Map<string, Record<string, number>>();

for (const { protoPackage, exported } of officialFiles()) collect(exported, protoPackage);
for (const name of ["any", "duration", "empty", "struct", "timestamp"]) {
  collect(requireFromSdk(`google-protobuf/google/protobuf/${name}_pb.js`), "google.protobuf");
}

export const googleProtobufNames: readonly string[] = [...classes.keys()].filter((name) => name.startsWith("dapr."));

export function googleProtobufMessage(description: DescMessage): OfficialMessage | undefined {
  const messageClass = classes.get(description.typeName);
  if (messageClass === undefined) return undefined;
  return {
    generation: "google-protobuf",
    typeName: description.typeName,
    fields: new Set(
      Object.getOwnPropertyNames(messageClass.prototype)
        .filter((name) => name.startsWith("get") && !/_as(U8|B64)$/.test(name))
        .map((name) => name.slice(3))
        // `getKindCase` tells which branch of the oneof `kind` is set.
        .filter((name) => !(name.endsWith("Case") && name in messageClass)),
    ),
    complete: isComplete(description),
    spell,
    serialise: (message) => fill(description, message).serializeBinary(),
    repeat: (bytes) => messageClass.deserializeBinary(bytes).serializeBinary(),
  };
}

function isComplete(description: DescMessage): boolean {
  const messageClass = classes.get(description.typeName);
  if (messageClass === undefined || description.typeName.startsWith("google.")) return messageClass !== undefined;
  return description.fields.every(
    (field) =>
      field.message === undefined || !(`get${spell(field)}` in messageClass.prototype) || isComplete(field.message),
  );
}

/** Accessors are named after the field: `store_name` is `StoreName`, `storeName` is `Storename`. */
function spell(field: { name: string; fieldKind: string }): string {
  const words = field.name.split("_").map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase());
  return words.join("") + (field.fieldKind === "list" ? "List" : field.fieldKind === "map" ? "Map" : "");
}

function fill(description: DescMessage, message: PlainMessage): Instance {
  const messageClass = classes.get(description.typeName)!;
  if (description.typeName === "google.protobuf.Struct") return messageClass["fromJavaScript"](message);
  const instance = new messageClass();
  for (const member of description.members) {
    if (member.kind === "field") {
      set(instance, member, message[member.localName]);
    } else {
      const { $case, value } = message[member.localName] as { $case: string; value: unknown };
      set(
        instance,
        member.fields.find((field) => field.localName === $case)!,
        value,
      );
    }
  }
  return instance;
}

function set(instance: Instance, field: DescField, value: unknown): void {
  // Left empty because the official class is older than the field.
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return;
  const convert = (each: unknown): unknown =>
    field.message === undefined ? each : fill(field.message, each as PlainMessage);
  if (field.fieldKind === "map") {
    for (const [key, each] of Object.entries(value as object)) instance[`get${spell(field)}`]().set(key, convert(each));
  } else {
    instance[`set${spell(field)}`](field.fieldKind === "list" ? (value as unknown[]).map(convert) : convert(value));
  }
}

function collect(exported: Record<string, any>, scope: string): void {
  for (const [name, value] of Object.entries(exported)) {
    if (typeof value === "function" && typeof value.deserializeBinary === "function") {
      // Files export what they import as well, under the same names.
      classes.set(`${scope}.${name}`, value);
      collect(value, `${scope}.${name}`);
    } else if (isEnum(value) && !name.endsWith("Case")) {
      googleProtobufEnums.set(`${scope}.${name}`, value);
    }
  }
}

function isEnum(value: unknown): value is Record<string, number> {
  return (
    value?.constructor === Object &&
    Object.values(value).length > 0 &&
    Object.values(value).every((number) => typeof number === "number")
  );
}
