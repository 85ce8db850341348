/**
 * A JSON value as the text that Dapr encrypts when it is saved over HTTP: a string without its quotes, a number as Go
 * prints it. Objects and lists stay JSON: Dapr makes `map[a:1]` of them, which nobody can read back.
 */
export function goText(json: Uint8Array): Uint8Array {
  const first = json[0]!;
  if (first === 0x22) return Buffer.from(JSON.parse(textOf(json)) as string);
  if (first === 0x6e) return Buffer.from("<nil>");
  if (first === 0x2d || (first >= 0x30 && first <= 0x39)) return Buffer.from(floatText(textOf(json)));
  return json;
}

/** The shortest digits; with an exponent of at least two digits from a million on and below 0.0001. */
export function floatText(text: string): string {
  const value = Number(text);
  if (value === 0) return text.startsWith("-") ? "-0" : "0";
  const [digits, exponent] = value.toExponential().split("e") as [string, string];
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(value);
  return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

function textOf(json: Uint8Array): string {
  return Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString("utf8");
}
