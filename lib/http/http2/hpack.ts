/**
 * HPACK (RFC 7541), as far as a client needs it that announces a dynamic table of size 0: nearly every block of headers can be
 * decoded for itself, and a server can't make us fill memory.
 *
 * @module
 */

import { isomorphicDecode } from "../../core/isomorphic.ts";
import type { DynamicTable } from "./dynamic_table.ts";
import { HpackError } from "./hpack_error.ts";
import { huffmanDecode } from "./huffman.ts";

/** Appendix A, from index 1 on: a name, and after an equals sign its value if it has one. */
export const STATIC_TABLE: readonly (readonly [name: string, value: string])[] = [
  ":authority|:method=GET|:method=POST|:path=/|:path=/index.html|:scheme=http|:scheme=https",
  ":status=200|:status=204|:status=206|:status=304|:status=400|:status=404|:status=500|accept-charset",
  "accept-encoding=gzip, deflate|accept-language|accept-ranges|accept|access-control-allow-origin|age|allow",
  "authorization|cache-control|content-disposition|content-encoding|content-language|content-length",
  "content-location|content-range|content-type|cookie|date|etag|expect|expires|from|host|if-match",
  "if-modified-since|if-none-match|if-range|if-unmodified-since|last-modified|link|location|max-forwards",
  "proxy-authenticate|proxy-authorization|range|referer|refresh|retry-after|server|set-cookie",
  "strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate",
].join("|").split("|").map((entry) => {
  const [name, value = ""] = entry.split("=");
  return [name, value];
});

/** Bytes that each header counts besides its name and value (RFC 9113 §6.5.2). */
const HEADER_OVERHEAD = 32;

/** Called with each header of a block, a character for each byte. */
export type OnHeader = (name: string, value: string) => void;

/**
 * Decodes a block of headers.
 *
 * @param block The whole block, from HEADERS and all its CONTINUATION frames.
 * @param maxBytes Bytes that names and values may have together, 32 more counted for each.
 * @param onHeader Called with each header, in order.
 * @param table What earlier blocks of the connection have left. Default: there can be nothing.
 * @throws {HpackError} If the block is malformed, refers to what isn't in a table, or has more bytes.
 */
export function hpackDecode(block: Uint8Array, maxBytes: number, onHeader: OnHeader, table?: DynamicTable): void {
  const reader = new BlockReader(block);
  let bytes = 0;
  let isFirst = true;
  while (reader.hasMore) {
    const first = reader.peek();
    if ((first & 0xe0) === 0x20) { // §6.3: a change of the size of the dynamic table
      if (!isFirst) throw new HpackError("a change of the table's size behind a header");
      if (reader.integer(5) > 0) throw new HpackError("a dynamic table larger than was allowed");
      table?.close();
      continue;
    }
    isFirst = false;
    let name: string;
    let value: string;
    if (first & 0x80) [name, value] = entryAt(reader.integer(7), table); // §6.1: a header of the table
    else { // §6.2: with incremental indexing, without, or never
      const isAdded = (first & 0x40) !== 0;
      const index = reader.integer(isAdded ? 6 : 4);
      name = index === 0 ? reader.string() : entryAt(index, table)[0];
      value = reader.string();
      if (isAdded) table?.add(name, value);
    }
    bytes += name.length + value.length + HEADER_OVERHEAD;
    if (bytes > maxBytes) throw new HpackError(`headers of more than ${maxBytes} bytes`);
    onHeader(name, value);
  }
}

function entryAt(index: number, table?: DynamicTable): readonly [string, string] {
  const entry = STATIC_TABLE[index - 1] ?? (table?.isOn ? table.at(index - 1 - STATIC_TABLE.length) : undefined);
  if (index === 0) throw new HpackError("index 0 is in no table");
  if (entry !== undefined) return entry;
  const why = table?.isOn ? "" : ", which was refused";
  throw new HpackError(`index ${index} is ${why ? "in" : "beyond"} the dynamic table${why}`);
}

/** Reads integers and strings (RFC 7541 §5). */
class BlockReader {
  #at = 0;
  readonly #block: Uint8Array;

  constructor(block: Uint8Array) {
    this.#block = block;
  }

  get hasMore(): boolean {
    return this.#at < this.#block.length;
  }

  peek(): number {
    return this.#block[this.#at];
  }

  /** An integer with a prefix of so many bits; 28 bits more are all that anything here can need. */
  integer(bits: number): number {
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

  string(): string {
    const isHuffman = this.peek() >= 128;
    const length = this.integer(7);
    const end = this.#at + length;
    if (end > this.#block.length) throw new HpackError("a string that is cut short");
    const bytes = this.#block.subarray(this.#at, end);
    this.#at = end;
    return isHuffman ? huffmanDecode(bytes) : isomorphicDecode(bytes);
  }

  #byte(): number {
    if (this.#at >= this.#block.length) throw new HpackError("a block that is cut short");
    return this.#block[this.#at++];
  }
}
