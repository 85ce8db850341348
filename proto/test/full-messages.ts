import { type DescEnum, type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";

type Value = unknown;
export type PlainMessage = Record<string, Value>;

/** Messages with every field set to something that is not its default, one for each branch of the widest `oneof`. */
export function fullMessages(description: DescMessage): PlainMessage[] {
  const branches = Math.max(1, ...description.oneofs.map((oneof) => oneof.fields.length));
  return Array.from({ length: branches }, (_, branch) => build(description, branch, seeds(branch), false));
}

/** The same with every `optional` scalar set to its default, which has to travel nevertheless. */
export function messageWithExplicitZeros(description: DescMessage): PlainMessage {
  return build(description, 0, seeds(0), true);
}

function build(description: DescMessage, branch: number, next: () => number, zeros: boolean): PlainMessage {
  if (description.typeName === "google.protobuf.Struct") {
    const seed = next();
    return {
      text: text(seed),
      number: seed + 0.5,
      yes: true,
      nothing: null,
      list: [seed, "two", { three: 3 }],
      inside: { deeper: text(seed) },
    };
  }
  const message: PlainMessage = {};
  for (const member of description.members) {
    if (member.kind === "field") {
      const isOptionalScalar = member.proto.proto3Optional && member.fieldKind !== "message";
      message[member.localName] = zeros && isOptionalScalar ? zero(member) : fieldValue(member, branch, next, zeros);
    } else {
      const chosen = member.fields[branch % member.fields.length]!;
      message[member.localName] = { $case: chosen.localName, value: fieldValue(chosen, branch, next, zeros) };
    }
  }
  return message;
}

function fieldValue(field: DescField, branch: number, next: () => number, zeros: boolean): Value {
  switch (field.fieldKind) {
    case "scalar":
      return scalar(field.scalar, next());
    case "enum":
      return lastOf(field.enum);
    case "message":
      return build(field.message, branch, next, zeros);
    case "list":
      return [0, 1, 2].map((index) =>
        field.listKind === "scalar"
          ? scalar(field.scalar, next())
          : field.listKind === "enum"
            ? lastOf(field.enum)
            : build(field.message, branch + index, next, zeros),
      );
    case "map":
      return Object.fromEntries(
        [0, 1].map((index) => [
          text(next()),
          field.mapKind === "scalar"
            ? scalar(field.scalar, next())
            : field.mapKind === "enum"
              ? lastOf(field.enum)
              : build(field.message, branch + index, next, zeros),
        ]),
      );
  }
}

function scalar(type: ScalarType, seed: number): Value {
  switch (type) {
    case ScalarType.STRING:
      return text(seed);
    case ScalarType.BYTES:
      return Uint8Array.of(0, 255, 128, seed & 0xff, 10, 13);
    case ScalarType.BOOL:
      return true;
    case ScalarType.INT32:
      return -2_147_483_648 + seed;
    case ScalarType.UINT32:
      return 4_294_967_295 - seed;
    case ScalarType.INT64:
      return Number.MIN_SAFE_INTEGER + seed;
    case ScalarType.UINT64:
      return Number.MAX_SAFE_INTEGER - seed;
    case ScalarType.DOUBLE:
      return seed + 1 / 3;
    default:
      throw new Error(
        `the protocol has no field of scalar type ${ScalarType[type]} so far; say here what a full one holds`,
      );
  }
}

function zero(field: DescField): Value {
  if (field.fieldKind === "enum") return 0;
  switch (field.scalar) {
    case ScalarType.STRING:
      return "";
    case ScalarType.BYTES:
      return new Uint8Array(0);
    case ScalarType.BOOL:
      return false;
    default:
      return 0;
  }
}

// Longer than the writer's ASCII shortcut now and then, and beyond ASCII always.
const text = (seed: number): string => `№ ${seed} ${"смысл 🎩 ".repeat(1 + (seed % 5))}`;

const lastOf = (description: DescEnum): number => description.values.at(-1)!.number;

function seeds(start: number): () => number {
  let seed = start * 100;
  return () => ++seed;
}
