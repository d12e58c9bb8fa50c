/**
 * HPACK as a server needs it (RFC 7541): with the dynamic table that clients may use before they know our settings.
 *
 * @module
 */

import { STATIC_TABLE } from "../../lib/http/http2/hpack.ts";
import { HpackError } from "../../lib/http/http2/hpack_error.ts";
import { huffmanDecode } from "../../lib/http/http2/huffman.ts";

type Field = readonly [name: string, value: string];

/** Bytes that the dynamic table may hold (RFC 9113 §6.5.2: unless a setting says otherwise), and a field counts more. */
const TABLE_BYTES = 4_096;
const FIELD_OVERHEAD = 32;
/** Fields of a request at most. */
const MAX_FIELDS = 256;

/** Reads the header blocks of one connection, each in its turn. */
export class HeaderReader {
  #table: Field[] = [];
  #bytes = 0;
  #most = TABLE_BYTES;
  #block = new Uint8Array();
  #at = 0;

  /**
   * Reads a block.
   *
   * @throws {HpackError} If it is malformed; the connection can't go on then.
   */
  read(block: Uint8Array<ArrayBuffer>): Map<string, string> {
    this.#block = block;
    this.#at = 0;
    const fields = new Map<string, string>();
    while (this.#at < block.length) {
      const first = block[this.#at];
      if ((first & 0xe0) === 0x20) {
        this.#most = Math.min(TABLE_BYTES, this.#integer(5));
        this.#evict();
        continue;
      }
      const [name, value] = first & 0x80 ? this.#entry(this.#integer(7)) : this.#literal(first);
      fields.set(name, value);
      if (fields.size > MAX_FIELDS) throw new HpackError(`more than ${MAX_FIELDS} headers`);
    }
    return fields;
  }

  #literal(first: number): Field {
    const isIndexed = (first & 0x40) !== 0;
    const index = this.#integer(isIndexed ? 6 : 4);
    const field: Field = [index === 0 ? this.#string() : this.#entry(index)[0], this.#string()];
    if (!isIndexed) return field;
    this.#table.unshift(field);
    this.#bytes += sizeOf(field);
    this.#evict();
    return field;
  }

  #evict(): void {
    while (this.#bytes > this.#most) this.#bytes -= sizeOf(this.#table.pop() ?? ["", ""]);
  }

  #entry(index: number): Field {
    const field = index === 0 ? undefined : STATIC_TABLE[index - 1] ?? this.#table[index - 1 - STATIC_TABLE.length];
    if (!field) throw new HpackError(`index ${index} is in no table`);
    return field;
  }

  #integer(bits: number): number {
    const most = (1 << bits) - 1;
    let value = this.#byte() & most;
    if (value < most) return value;
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = this.#byte();
      value += (byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw new HpackError("an integer that is too large");
  }

  #string(): string {
    const isHuffman = this.#block[this.#at] >= 128;
    const length = this.#integer(7);
    if (this.#at + length > this.#block.length) throw new HpackError("a string that is cut short");
    const bytes = this.#block.subarray(this.#at, this.#at += length);
    return isHuffman ? huffmanDecode(bytes) : String.fromCharCode(...bytes);
  }

  #byte(): number {
    if (this.#at >= this.#block.length) throw new HpackError("a block that is cut short");
    return this.#block[this.#at++];
  }
}

function sizeOf([name, value]: Field): number {
  return name.length + value.length + FIELD_OVERHEAD;
}
