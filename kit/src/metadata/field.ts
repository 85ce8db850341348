/** What a component may say of one metadata field. The same words go to docs, schema and error messages. */
export interface FieldNotes {
  readonly description: string;
  readonly example?: string;
  readonly required?: boolean;
  /** A secret: redacted wherever it could be shown. */
  readonly sensitive?: boolean;
  /** Older or alternative names; the first one present wins, the field's own name before all. */
  readonly aliases?: readonly string[];
  readonly deprecated?: boolean;
  /** Bindings: the direction this field is for; required then means required when that direction is opened. Absent: both. */
  readonly direction?: "input" | "output";
}

/** One declared field: how its text becomes a value of type T. T includes undefined when the field may be absent. */
export interface Field<T> extends FieldNotes {
  readonly type: "string" | "number" | "bool" | "duration" | "bytesize";
  readonly allowedValues?: readonly string[];
  /** As text, the way it would stand in YAML; shown in docs. */
  readonly defaultText?: string;
  readonly default?: T;
  /**
   * Returns the value, or throws an Error whose message completes "NAME ...". The message does not repeat the text: the
   * decoder adds it, unless the field is sensitive. A `suggestion` property on the error is shown as a proposal.
   */
  parse(text: string): T;
}

export type Fields = Readonly<Record<string, Field<any>>>;

/** The typed options that a component's `open` gets. */
export type Options<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };

/** Notes that make sure of a value: a default, or required whatever the direction. */
export type Present<Default> =
  | { readonly default: Default }
  | { readonly required: true; readonly direction?: undefined };
