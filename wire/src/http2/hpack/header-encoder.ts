import { type HeaderField, PreparedHeaders } from "../header-list.ts";
import { BlockWriter } from "./block-writer.ts";
import { addToIndex, type IndexedName, staticIndex } from "./field-index.ts";
import { checkField, checkName, checkValue } from "./sendable-field.ts";
import { isSensitiveName } from "./sensitive-names.ts";
import { staticCount } from "./static-table.ts";

/**
 * The sending side of a connection's header compression: RFC 7541, sections 2 to 6. A block must be sent, and in the order of
 * encoding. Throws a TypeError for a field that may not be sent, and is as before then.
 *
 * Prepared headers enter the table when they come for the second time, while there is room: nothing is ever evicted, so the table comes to rest and
 * their bytes stay what they are. Others use the table and never change it.
 */
export class HeaderEncoder {
  /** What the table may take, of what the peer allows. */
  #tableBytes = ownTableBytes;
  #usedBytes = 0;
  #length = 0;
  /** Positions count from the oldest field. */
  #index: Map<string, IndexedName> | undefined;
  #prepared: Map<PreparedHeaders, PreparedBlock> | undefined;
  #preparedBytes = 0;
  /** The smallest size since the last block, which the peer is told with the next. */
  #owedUpdate: number | undefined;

  /** The peer's SETTINGS_HEADER_TABLE_SIZE. Section 4.2. */
  setMaxTableBytes(bytes: number): void {
    const tableBytes = Math.min(bytes, ownTableBytes);
    if (tableBytes === this.#tableBytes) return;
    let smallest = Math.min(tableBytes, this.#owedUpdate ?? this.#tableBytes);
    if (tableBytes < this.#usedBytes) {
      this.#forgetTable();
      smallest = 0;
    }
    this.#owedUpdate = smallest;
    this.#tableBytes = tableBytes;
  }

  /** The block's bytes: of prepared headers nobody may change them, others are valid until anything is encoded again, on any connection. */
  encode(headers: PreparedHeaders | readonly HeaderField[]): Uint8Array {
    if (headers instanceof PreparedHeaders) {
      const known = this.#prepared?.get(headers);
      if (known !== undefined && known.tableLength === this.#length && this.#owedUpdate === undefined)
        return known.bytes;
      return this.#prepare(headers, known);
    }
    writer.start();
    if (this.#owedUpdate !== undefined) this.#writeSizeUpdates(this.#owedUpdate);
    for (let at = 0; at < headers.length; at++) this.#writeField(headers[at]!);
    this.#owedUpdate = undefined;
    return writer.view();
  }

  /** Slow, and hardly ever: new to this connection, or the table has changed since. */
  #prepare(headers: PreparedHeaders, known: PreparedBlock | undefined): Uint8Array {
    for (const [name, value] of headers.fields) checkField(name, value);
    writer.start();
    const owed = this.#owedUpdate;
    if (owed !== undefined) this.#writeSizeUpdates(owed);
    this.#owedUpdate = undefined;
    const before = this.#length;
    for (const field of headers.fields) this.#writePreparedField(field, known !== undefined);
    const bytes = writer.copy();
    // The first time, one that changed the table, and one with an update in front: the next is other bytes.
    const settled = known !== undefined && before === this.#length && owed === undefined;
    const tableLength = settled ? before : -1;
    this.#remember(headers, { bytes, tableLength });
    return bytes;
  }

  #remember(headers: PreparedHeaders, block: PreparedBlock): void {
    const prepared = (this.#prepared ??= new Map<PreparedHeaders, PreparedBlock>());
    this.#preparedBytes += block.bytes.length - (prepared.get(headers)?.bytes.length ?? 0);
    if (prepared.size >= maxPrepared || this.#preparedBytes > maxPreparedBytes) {
      prepared.clear();
      this.#preparedBytes = block.bytes.length;
    }
    prepared.set(headers, block);
  }

  #writePreparedField(field: HeaderField, mayAdd: boolean): void {
    const [name, value] = field;
    const nameIndex = this.#find(name, value);
    if (nameIndex < 0) return;
    const sensitive = isSensitiveName(name);
    const bytes = name.length + value.length + 32;
    if (sensitive) writer.integer(0x10, 0x0f, nameIndex);
    else if (mayAdd && this.#usedBytes + bytes <= this.#tableBytes) {
      writer.integer(0x40, 0x3f, nameIndex);
      addToIndex((this.#index ??= new Map<string, IndexedName>()), name, value, this.#length);
      this.#length++;
      this.#usedBytes += bytes;
    } else writer.integer(0, 0x0f, nameIndex);
    if (nameIndex === 0) writer.shortString(name);
    writer.shortString(value);
  }

  #writeField(field: HeaderField): void {
    const [name, value] = field;
    const nameIndex = this.#find(name, value);
    if (nameIndex < 0) return;
    checkValue(name, value);
    writer.integer(isSensitiveName(name) ? 0x10 : 0, 0x0f, nameIndex);
    if (nameIndex === 0) {
      checkName(name);
      writer.string(name);
    }
    // Not in Huffman code: that takes longer than sending the bytes.
    writer.string(value);
  }

  /** Writes the whole field where a table has it, and says so with -1; else gives the index of its name, 0 where no table has it. */
  #find(name: string, value: string): number {
    const inStatic = staticIndex().get(name);
    if (inStatic !== undefined) {
      const at = inStatic.byValue.get(value);
      if (at !== undefined) {
        writer.integer(0x80, 0x7f, at);
        return -1;
      }
    }
    const inDynamic = this.#index?.get(name);
    if (inDynamic !== undefined) {
      const position = inDynamic.byValue.get(value);
      if (position !== undefined) {
        writer.integer(0x80, 0x7f, this.#indexAt(position));
        return -1;
      }
    }
    if (inStatic !== undefined) return inStatic.position;
    return inDynamic === undefined ? 0 : this.#indexAt(inDynamic.position);
  }

  /** Section 2.3.3: the newest field comes right behind the static ones. */
  #indexAt(position: number): number {
    return staticCount + this.#length - position;
  }

  /** Sections 4.2 and 6.3. */
  #writeSizeUpdates(smallest: number): void {
    writer.integer(0x20, 0x1f, smallest);
    if (smallest !== this.#tableBytes) writer.integer(0x20, 0x1f, this.#tableBytes);
  }

  #forgetTable(): void {
    this.#index = undefined;
    this.#prepared = undefined;
    this.#preparedBytes = 0;
    this.#length = 0;
    this.#usedBytes = 0;
  }
}

interface PreparedBlock {
  readonly bytes: Uint8Array;
  /** Of the table that the bytes are valid with; -1 for none. */
  readonly tableLength: number;
}

const ownTableBytes = 4_096;
const maxPrepared = 256;
const maxPreparedBytes = 65_536;

/** One for all: encoding never waits. */
const writer = new BlockWriter();
