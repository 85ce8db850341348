import type { Field, FieldNotes, Present } from "./field.ts";

export interface SizeNotes extends FieldNotes {
  /** As a quantity: "100Mi". */
  readonly default?: string;
}

/** A size as a Kubernetes quantity: "100Mi", "1.5G", "512". The value is a number of bytes. */
export function size(notes: SizeNotes & Present<string>): Field<number>;
export function size(notes: SizeNotes): Field<number | undefined>;
export function size({ default: byDefault, ...notes }: SizeNotes): Field<any> {
  return {
    ...notes,
    type: "bytesize",
    ...(byDefault === undefined ? {} : { default: sizeBytes(byDefault), defaultText: byDefault }),
    parse: (text) => sizeBytes(text.trim()),
  };
}

/** Bytes of a Kubernetes quantity, fractions rounded up as Kubernetes does. Throws when it is not one. */
export function sizeBytes(text: string): number {
  const match = /^([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))(?:([eE][+-]?[0-9]+)|([KMGTPE]i|[numkMGTPE]))?$/.exec(text);
  if (!match) throw new Error("must be a size such as 512, 64Ki or 100Mi");
  const [, amount, exponent, suffix] = match;
  const exact = exponent
    ? Number(`${amount}${exponent}`)
    : Number(amount) * (suffix ? multipliers[suffix as keyof typeof multipliers] : 1);
  // A hair of rounding error in 0.1 * 10 must not become a byte.
  const bytes = Math.abs(exact - Math.round(exact)) < 1e-6 ? Math.round(exact) : Math.ceil(exact);
  if (!Number.isSafeInteger(bytes)) throw new Error("must be a size below 8Pi");
  return bytes;
}

const multipliers = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};
