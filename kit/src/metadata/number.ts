import type { Field, FieldNotes, Present } from "./field.ts";

export interface NumberNotes extends FieldNotes {
  readonly default?: number;
  /** Smallest and largest value that is taken. */
  readonly min?: number;
  readonly max?: number;
}

/** A whole number in decimal digits. */
export function integer(notes: NumberNotes & Present<number>): Field<number>;
export function integer(notes: NumberNotes): Field<number | undefined>;
export function integer(notes: NumberNotes): Field<any> {
  return numeric(notes, parseInteger);
}

/** A number, with or without a fraction. */
export function number(notes: NumberNotes & Present<number>): Field<number>;
export function number(notes: NumberNotes): Field<number | undefined>;
export function number(notes: NumberNotes): Field<any> {
  return numeric(notes, parseNumber);
}

/** Undefined unless the text is a decimal integer that a double holds exactly. */
export function integerFrom(text: string): number | undefined {
  const trimmed = text.trim();
  if (!/^[+-]?(0|[1-9][0-9]*)$/.test(trimmed)) return undefined;
  const value = Number(trimmed);
  return Number.isSafeInteger(value) ? value : undefined;
}

function numeric(
  { min = -Infinity, max = Infinity, ...notes }: NumberNotes,
  read: (text: string) => number,
): Field<number> {
  return {
    ...notes,
    type: "number",
    ...(notes.default === undefined ? {} : { defaultText: String(notes.default) }),
    parse(text) {
      const value = read(text);
      if (value >= min && value <= max) return value;
      if (max === Infinity) throw new Error(`must be at least ${min}`);
      throw new Error(min === -Infinity ? `must be at most ${max}` : `must be from ${min} to ${max}`);
    },
  };
}

function parseInteger(text: string): number {
  const value = integerFrom(text);
  if (value === undefined) throw new Error("must be an integer");
  return value;
}

function parseNumber(text: string): number {
  const trimmed = text.trim();
  const value = /^[+-]?([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$/.test(trimmed) ? Number(trimmed) : NaN;
  if (!Number.isFinite(value)) throw new Error("must be a number");
  return value;
}
