import type { HeaderField } from "../header-list.ts";
import { fieldBytes } from "./field-size.ts";

/** RFC 7541, sections 2.3.2 and 4: the dynamic table of the receiving side, a ring. */
export class DecodingTable {
  /** How many fields it holds. */
  length = 0;
  /** The newest stands before `#next`. */
  #fields: (HeaderField | undefined)[] = [];
  #next = 0;
  #bytes = 0;
  #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Zero is the newest. */
  at(index: number): HeaderField | undefined {
    if (index >= this.length) return undefined;
    return this.#fields[(this.#next - 1 - index) & (this.#fields.length - 1)];
  }

  add(field: HeaderField): void {
    const bytes = fieldBytes(field);
    this.#shrinkTo(this.#maxBytes - bytes);
    // Larger than the table: it is empty now, and that is no error.
    if (bytes > this.#maxBytes) return;
    if (this.length === this.#fields.length) this.#grow();
    this.#fields[this.#next] = field;
    this.#next = (this.#next + 1) & (this.#fields.length - 1);
    this.length++;
    this.#bytes += bytes;
  }

  setMaxBytes(bytes: number): void {
    this.#maxBytes = bytes;
    this.#shrinkTo(bytes);
  }

  #shrinkTo(bytes: number): void {
    const mask = this.#fields.length - 1;
    while (this.#bytes > bytes && this.length > 0) {
      const oldest = (this.#next - this.length) & mask;
      this.#bytes -= fieldBytes(this.#fields[oldest]!);
      this.#fields[oldest] = undefined;
      this.length--;
    }
  }

  /** Full: the oldest stands at `#next`. Comes out in order, twice as large. */
  #grow(): void {
    const { length } = this.#fields;
    const fields: (HeaderField | undefined)[] = [];
    for (let index = 0; index < length; index++) fields.push(this.#fields[(this.#next + index) & (length - 1)]);
    const wanted = Math.max(8, length * 2);
    while (fields.length < wanted) fields.push(undefined);
    this.#fields = fields;
    this.#next = length;
  }
}
