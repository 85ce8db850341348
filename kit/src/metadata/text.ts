import type { Field, FieldNotes, Present } from "./field.ts";
import { nearest } from "./nearest.ts";

export interface TextNotes extends FieldNotes {
  readonly default?: string;
}

/** Text as it stands. An empty text is absent, unless the field has a default: then it overrides the default. */
export function text(notes: TextNotes & Present<string>): Field<string>;
export function text(notes: TextNotes): Field<string | undefined>;
export function text(notes: TextNotes): Field<any> {
  return { ...notes, type: "string", ...defaultText(notes.default), parse: (value) => value };
}

export interface ListNotes extends FieldNotes {
  readonly default?: readonly string[];
}

/** Texts separated by commas; blanks around them and empty ones are dropped. */
export function list(notes: ListNotes & Present<readonly string[]>): Field<readonly string[]>;
export function list(notes: ListNotes): Field<readonly string[] | undefined>;
export function list(notes: ListNotes): Field<any> {
  return { ...notes, type: "string", ...defaultText(notes.default?.join(",")), parse: splitList };
}

export interface ChoiceNotes<Value extends string> extends FieldNotes {
  readonly allowedValues: readonly Value[];
  readonly default?: NoInfer<Value>;
  /** Accept any spelling of upper and lower case. The value is always the declared one. */
  readonly ignoreCase?: boolean;
}

/** One of a closed set of texts. */
export function choice<const Value extends string>(notes: ChoiceNotes<Value> & Present<NoInfer<Value>>): Field<Value>;
export function choice<const Value extends string>(notes: ChoiceNotes<Value>): Field<Value | undefined>;
export function choice<const Value extends string>({ ignoreCase = false, ...notes }: ChoiceNotes<Value>): Field<any> {
  const fold = (value: string): string => (ignoreCase ? value.toLowerCase() : value);
  const values = new Map(notes.allowedValues.map((value) => [fold(value), value]));
  return {
    ...notes,
    type: "string",
    ...defaultText(notes.default),
    parse(value) {
      const found = values.get(fold(value.trim()));
      if (found !== undefined) return found;
      const suggestion = nearest(value, notes.allowedValues);
      throw Object.assign(new Error(`must be one of ${notes.allowedValues.join(", ")}`), { suggestion });
    },
  };
}

export interface JsonNotes<T> extends FieldNotes {
  readonly default?: NoInfer<T>;
  /** Turns what JSON.parse gave into the value, or throws an Error that completes "NAME ...". */
  readonly read?: (value: unknown) => T;
}

/** JSON text. */
export function json<T = unknown>(notes: JsonNotes<T> & Present<NoInfer<T>>): Field<T>;
export function json<T = unknown>(notes: JsonNotes<T>): Field<T | undefined>;
export function json<T>({ read, ...notes }: JsonNotes<T>): Field<any> {
  const parse = (value: string): unknown => {
    const parsed = parseJson(value);
    return read ? read(parsed) : parsed;
  };
  const byDefault = notes.default === undefined ? undefined : JSON.stringify(notes.default);
  return { ...notes, type: "string", ...defaultText(byDefault), parse };
}

function splitList(value: string): string[] {
  return value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function parseJson(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    // V8's message quotes the text, which may be a secret.
    throw new Error("must be valid JSON");
  }
}

/** Absent properties stay absent under exactOptionalPropertyTypes. */
function defaultText(value: string | undefined): { defaultText?: string } {
  return value === undefined ? {} : { defaultText: value };
}
