/**
 * Whether bytes are a CloudEvent in its protobuf form: fields 1 to 4 (id, source, spec version, type) are there as texts
 * and the rest is well-formed.
 */
export function isEncodedCloudEvent(bytes: Uint8Array): boolean {
  let at = 0;
  let required = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; at < bytes.length; shift *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) return value;
      if (shift > 2 ** 63) break;
    }
    return -1;
  };
  while (at < bytes.length) {
    const tag = varint();
    const field = Math.floor(tag / 8);
    if (tag < 0 || field === 0) return false;
    const wireType = tag % 8;
    if (wireType === lengthDelimited) {
      const length = varint();
      if (length < 0 || at + length > bytes.length) return false;
      if (field <= 4 && length > 0) required |= 1 << field;
      at += length;
    } else if (field <= 8) return false;
    else if (wireType === 0) {
      if (varint() < 0) return false;
    } else if (wireType === 1) at += 8;
    else if (wireType === 5) at += 4;
    else return false;
  }
  return at === bytes.length && required === 0b11110;
}

const lengthDelimited = 2;
