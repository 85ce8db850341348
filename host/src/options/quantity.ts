/**
 * Bytes of a Kubernetes quantity such as `4Mi`, `500k`, `1.5G`, `1e6`. Undefined when the text is none or is not a whole
 * number of bytes.
 */
export function parseQuantityBytes(text: string): number | undefined {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E))?$/.exec(text);
  if (match === null) return undefined;
  const [, amount, exponent = "", suffix = ""] = match;
  const bytes = Number(`${amount}${exponent}`) * (factorOf[suffix] ?? 1);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

const factorOf: Readonly<Record<string, number>> = {
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
