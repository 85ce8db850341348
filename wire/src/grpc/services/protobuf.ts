import { RpcCode, RpcError } from "../status.ts";

/** A field of a message: varints as numbers, everything that has a length as bytes. Fixed-width fields are passed over. */
export interface ProtobufField {
  readonly number: number;
  readonly value: number | Uint8Array;
}

/** The few fields that health and reflection need, without a library. Throws INTERNAL for what is no message. */
export function readFields(message: Uint8Array): ProtobufField[] {
  const fields: ProtobufField[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= message.byteLength) throw malformed();
      const byte = message[at++]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw malformed();
  };
  const skip = (byteCount: number): Uint8Array => {
    if (byteCount > message.byteLength - at) throw malformed();
    at += byteCount;
    return message.subarray(at - byteCount, at);
  };
  while (at < message.byteLength) {
    const key = varint();
    const number = Math.floor(key / 8);
    if (number === 0) throw malformed();
    switch (key % 8) {
      case 0:
        fields.push({ number, value: varint() });
        break;
      case 1:
        skip(8);
        break;
      case 2:
        fields.push({ number, value: skip(varint()) });
        break;
      case 5:
        skip(4);
        break;
      default:
        throw malformed();
    }
  }
  return fields;
}

/** The last value of a text field, as protobuf has it; empty when there is none. */
export function textField(fields: readonly ProtobufField[], number: number): string {
  const found = fields.findLast((field) => field.number === number);
  return found?.value instanceof Uint8Array ? Buffer.from(found.value).toString("utf8") : "";
}

export function writeBytes(number: number, value: Uint8Array): Uint8Array {
  return Buffer.concat([varint(number * 8 + 2), varint(value.byteLength), value]);
}

export function writeText(number: number, value: string): Uint8Array {
  return writeBytes(number, Buffer.from(value, "utf8"));
}

export function writeNumber(number: number, value: number): Uint8Array {
  return Buffer.concat([varint(number * 8), varint(value)]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

function malformed(): RpcError {
  return new RpcError(RpcCode.INTERNAL, "The request is no protobuf message");
}
