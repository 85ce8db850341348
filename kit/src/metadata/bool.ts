import type { Field, FieldNotes, Present } from "./field.ts";

export interface BoolNotes extends FieldNotes {
  readonly default?: boolean;
  /**
   * Which words are taken. `truthy` (the default): y, yes, true, t, on, 1 and their opposites, in any case. `strict`: those of
   * Go's strconv.ParseBool alone, as Dapr reads a few components' settings.
   */
  readonly words?: "truthy" | "strict";
}

/**
 * True or false. Dapr reads every word it does not know as false; here it is an error, so that a slip of the pen never
 * switches TLS off.
 */
export function bool(notes: BoolNotes & Present<boolean>): Field<boolean>;
export function bool(notes: BoolNotes): Field<boolean | undefined>;
export function bool({ words = "truthy", ...notes }: BoolNotes): Field<any> {
  const parse = words === "strict" ? parseStrict : parseWord;
  return {
    ...notes,
    type: "bool",
    ...(notes.default === undefined ? {} : { defaultText: String(notes.default) }),
    parse,
  };
}

/** Dapr's reading of a flag in request metadata: the truthy words are true, everything else is false. */
export function isTruthy(text: string | undefined): boolean {
  return text !== undefined && truthy.has(text.trim().toLowerCase());
}

const truthy = new Set(["y", "yes", "true", "t", "on", "1"]);
const falsy = new Set(["n", "no", "false", "f", "off", "0"]);
const strictTrue = new Set(["1", "t", "T", "true", "TRUE", "True"]);
const strictFalse = new Set(["0", "f", "F", "false", "FALSE", "False"]);

function parseWord(text: string): boolean {
  const word = text.trim().toLowerCase();
  if (truthy.has(word)) return true;
  if (falsy.has(word)) return false;
  throw new Error("must be true or false (or yes, no, on, off, 1, 0)");
}

function parseStrict(text: string): boolean {
  if (strictTrue.has(text)) return true;
  if (strictFalse.has(text)) return false;
  throw new Error("must be true or false (or t, f, 1, 0)");
}
