import { type HeaderField, HeaderList } from "../header-list.ts";
import { BlockCache, hashOf } from "./block-cache.ts";
import { BlockReader } from "./block-reader.ts";
import { compressionError } from "./compression-error.ts";
import { DecodingTable } from "./decoding-table.ts";
import { fieldBytes } from "./field-size.ts";
import { staticCount, staticFields } from "./static-table.ts";

export interface HeaderDecoderOptions {
  /** What our SETTINGS_HEADER_TABLE_SIZE announces. A peer that uses more gets GOAWAY COMPRESSION_ERROR. */
  readonly maxTableBytes?: number;
  /** Names, values and 32 bytes a field. What is over it is decoded, to keep the table in step, and dropped: see `HeaderList.tooLarge`. */
  readonly maxListBytes?: number;
  /** What remembered blocks may take, with what they decoded to. 0 remembers none. */
  readonly maxCacheBytes?: number;
}

export const headerDecoderDefaults = {
  maxTableBytes: 4_096,
  maxListBytes: 16_384,
  maxCacheBytes: 32_768,
} as const satisfies HeaderDecoderOptions;

/** The receiving side of a connection's header compression: RFC 7541, sections 3, 4 and 6. Throws `Http2Error` COMPRESSION_ERROR. */
export class HeaderDecoder {
  #announcedTableBytes: number;
  /** What the peer may set the table to: the protocol's 4,096 until it knows better. */
  #allowedTableBytes: number;
  #tableBytes = initialTableBytes;
  /** The peer acknowledged less than its table has: its next block must begin with an update. */
  #owesUpdate = false;
  #maxListBytes: number;
  #maxCacheBytes: number;
  #table: DecodingTable | undefined;
  #cache: BlockCache | undefined;
  /** Of the table: moves with every change. */
  #generation = 0;
  /** Of the block under way: it means something else when the table changes. */
  #pointsIntoTable = false;

  constructor(options: HeaderDecoderOptions = {}) {
    this.#announcedTableBytes = options.maxTableBytes ?? headerDecoderDefaults.maxTableBytes;
    this.#allowedTableBytes = Math.max(initialTableBytes, this.#announcedTableBytes);
    this.#maxListBytes = options.maxListBytes ?? headerDecoderDefaults.maxListBytes;
    this.#maxCacheBytes = options.maxCacheBytes ?? headerDecoderDefaults.maxCacheBytes;
  }

  /** The peer acknowledged our first SETTINGS, RFC 9113, section 4.3.1: what they announce holds from now on. */
  settingsAcknowledged(): void {
    this.#allowedTableBytes = this.#announcedTableBytes;
    this.#owesUpdate = this.#tableBytes > this.#allowedTableBytes;
  }

  /** The fields of one whole block, without frames' headers. Equal blocks may give the very same list. */
  decode(block: Uint8Array): HeaderList {
    const remembers = this.#maxCacheBytes > 0 && block.length <= maxRememberedBytes && !this.#owesUpdate;
    const hash = remembers ? hashOf(block) : 0;
    if (remembers && this.#cache !== undefined) {
      const remembered = this.#cache.find(block, hash, this.#generation);
      if (remembered !== undefined) return remembered;
    }
    reader.start(block);
    try {
      return this.#decode(block, hash, remembers);
    } finally {
      reader.end();
    }
  }

  #decode(block: Uint8Array, hash: number, remembers: boolean): HeaderList {
    const generation = this.#generation;
    const fields: HeaderField[] = [];
    let listBytes = 0;
    let tooLarge = false;
    this.#pointsIntoTable = false;
    this.#readSizeUpdates();
    while (!reader.atEnd) {
      const byte = block[reader.position]!;
      let field: HeaderField;
      if (byte >= 0x80) {
        // 6.1, indexed.
        field = this.#field(reader.integer(0x7f));
      } else if (byte >= 0x40) {
        // 6.2.1, literal with incremental indexing.
        field = this.#literal(0x3f);
        (this.#table ??= new DecodingTable(this.#tableBytes)).add(field);
        this.#generation++;
      } else if (byte >= 0x20) {
        throw compressionError("a table size update stands behind a field");
      } else {
        // 6.2.2 and 6.2.3, literal without indexing, or never indexed.
        field = this.#literal(0x0f);
      }
      if (tooLarge) continue;
      listBytes += fieldBytes(field);
      if (listBytes > this.#maxListBytes) tooLarge = true;
      else fields.push(field);
    }
    const list = new HeaderList(fields, tooLarge);
    if (remembers && generation === this.#generation)
      (this.#cache ??= new BlockCache(this.#maxCacheBytes)).add(
        block,
        hash,
        this.#pointsIntoTable ? generation : undefined,
        list,
        listBytes,
      );
    return list;
  }

  /** Sections 4.2 and 6.3: at the beginning of a block alone. */
  #readSizeUpdates(): void {
    while (!reader.atEnd && (reader.bytes[reader.position]! & 0xe0) === 0x20) {
      const bytes = reader.integer(0x1f);
      if (bytes > this.#allowedTableBytes) throw compressionError("the table is set to more than the settings allow");
      this.#owesUpdate = false;
      this.#tableBytes = bytes;
      this.#table?.setMaxBytes(bytes);
      this.#generation++;
    }
    if (this.#owesUpdate) throw compressionError("the table was not made as small as the settings want it");
  }

  #literal(mask: number): HeaderField {
    const index = reader.integer(mask);
    const name = index === 0 ? reader.string() : this.#field(index)[0];
    return [name, reader.string()];
  }

  /** Section 2.3.3. */
  #field(index: number): HeaderField {
    let field: HeaderField | undefined;
    if (index <= staticCount) {
      if (index > 0) field = staticFields[index - 1];
    } else {
      this.#pointsIntoTable = true;
      field = this.#table?.at(index - staticCount - 1);
    }
    if (field === undefined) throw compressionError(`there is no field with the index ${index}`);
    return field;
  }
}

/** Section 4.2 with RFC 9113, section 6.5.2: before any settings. */
const initialTableBytes = 4_096;
/** Longer blocks hardly come again. */
const maxRememberedBytes = 1_024;

/** One for all: decoding never waits. */
const reader = new BlockReader();
