/** RFC 7541 by hand: literal fields without indexing or Huffman code, no table needed. */
export function block(...fields: readonly (readonly [name: string, value: string])[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.of(0), string(name), string(value)]));
}

/** GET of a path, from the static table where that has it. */
export function get(path = "/"): Buffer {
  return Buffer.concat([Buffer.of(0x82, 0x86), block([":path", path])]);
}

export function post(path = "/"): Buffer {
  return Buffer.concat([Buffer.of(0x83, 0x86), block([":path", path])]);
}

function string(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  if (bytes.length < 127) return Buffer.concat([Buffer.of(bytes.length), bytes]);
  let rest = bytes.length - 127;
  const length = [127];
  for (; rest >= 128; rest >>>= 7) length.push((rest & 127) | 128);
  return Buffer.concat([Buffer.of(...length, rest), bytes]);
}
