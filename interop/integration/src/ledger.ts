import { type Expectation, isExpectation } from "./expectations.ts";

export interface Entry {
  readonly name: string;
  readonly expected: Expectation;
  /** As measured; absent when the case was never run. CI's time budget is planned with it. */
  readonly seconds: number | undefined;
  /** What a stock daprd does here; absent when that was not measured. */
  readonly stock: "pass" | "fail" | undefined;
  /** Why, for a case that is known to fail. */
  readonly note: string;
}

export interface Ledger {
  readonly suite: string;
  /** The day of the last measurement that changed something. */
  readonly measured: string;
  readonly entries: readonly Entry[];
}

const columns = ["case", "expected", "seconds", "stock", "note"].join("\t");

/** Throws with the line's number when the text is not a ledger. */
export function parseLedger(text: string): Ledger {
  const lines = text.split("\n");
  const head = /^# dapr (\S+), measured (\d{4}-\d{2}-\d{2})$/.exec(lines[0] ?? "");
  if (!head || lines[1] !== columns) throw new Error("ledger: the first two lines are not those of a ledger");
  const entries = lines.slice(2).flatMap((line, index): Entry[] => (line === "" ? [] : [parseEntry(line, index + 3)]));
  for (const [index, { name }] of entries.entries()) {
    const before = entries[index - 1]?.name;
    if (before !== undefined && before >= name) throw new Error(`ledger: ${name} stands twice, or after ${before}`);
  }
  return { suite: head[1]!, measured: head[2]!, entries };
}

function parseEntry(line: string, at: number): Entry {
  const fail = (why: string): never => {
    throw new Error(`ledger, line ${at}: ${why}`);
  };
  const [name = "", expected = "", seconds = "", stock = "", note = "", ...more] = line.split("\t");
  if (name === "" || more.length > 0) fail("not the five columns");
  if (!isExpectation(expected)) fail(`${expected} is neither pass, known nor a missing capability`);
  if (seconds !== "" && !/^\d+(\.\d)?$/.test(seconds)) fail(`${seconds} is no number of seconds`);
  if (stock !== "" && stock !== "pass" && stock !== "fail") fail(`${stock} is neither pass nor fail`);
  if (expected === "known" && note === "") fail("known without a reason");
  return {
    name,
    expected,
    seconds: seconds === "" ? undefined : Number(seconds),
    stock: stock === "" ? undefined : (stock as "pass" | "fail"),
    note,
  };
}

export function formatLedger({ suite, measured, entries }: Ledger): string {
  const lines = entries.map(({ name, expected, seconds, stock, note }) =>
    [name, expected, seconds === undefined ? "" : String(Number(seconds.toFixed(1))), stock ?? "", note].join("\t"),
  );
  return [`# dapr ${suite}, measured ${measured}`, columns, ...lines, ""].join("\n");
}
