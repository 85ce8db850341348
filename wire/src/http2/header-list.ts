/** Name and value of a header field. Names are lower-case; a character of a value is a byte (latin1). */
export type HeaderField = readonly [name: string, value: string];

/**
 * A decoded header block. While a connection remembers a block, equal blocks decode to the very same object, so nobody
 * changes it, and what the layer above derived from it can stay with it.
 */
export class HeaderList {
  readonly fields: readonly HeaderField[];
  /** Larger than the limit: `fields` holds what came before it was reached, the rest was decoded and dropped. */
  readonly tooLarge: boolean;
  /** Kept for the layer above: what it made of these fields. */
  attachment: unknown = undefined;
  /** Kept for the connection: what it found when it looked at these fields. */
  check: HeaderCheck | undefined = undefined;

  constructor(fields: readonly HeaderField[], tooLarge = false) {
    this.fields = fields;
    this.tooLarge = tooLarge;
  }

  /** The first value. */
  get(name: string): string | undefined {
    const { fields } = this;
    for (let index = 0; index < fields.length; index++) {
      const field = fields[index]!;
      if (field[0] === name) return field[1];
    }
    return undefined;
  }
}

/** What a connection found in a header list. */
export interface HeaderCheck {
  /** What the list was used as: the rules differ. */
  readonly use: number;
  /** Why the message is malformed: RFC 9113, section 8.1.1. */
  readonly malformed: string | undefined;
  /** -1: none. */
  readonly contentLength: number;
  /** Of a response. */
  readonly status: number;
}

/** Fields that are sent often: each connection encodes them once and then copies the bytes. */
export class PreparedHeaders {
  readonly fields: readonly HeaderField[];
  readonly listBytes: number;

  constructor(fields: readonly HeaderField[]) {
    this.fields = fields;
    this.listBytes = listBytes(fields);
  }
}

/** RFC 9113, section 6.5.2: what SETTINGS_MAX_HEADER_LIST_SIZE counts. */
export function listBytes(fields: readonly HeaderField[]): number {
  let bytes = 0;
  for (let index = 0; index < fields.length; index++) {
    const [name, value] = fields[index]!;
    bytes += name.length + value.length + 32;
  }
  return bytes;
}

/** More than the peer takes in one header list. */
export class HeaderListError extends Error {
  override readonly name = "HeaderListError";
}
