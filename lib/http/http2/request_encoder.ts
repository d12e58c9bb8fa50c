/**
 * The block of headers of a request (RFC 7541 §6, RFC 9113 §8.3.1), in as few bytes and as little time as it takes.
 *
 * What all requests of a connection have in common, the first puts into the server's dynamic table; in later blocks a byte
 * stands for each of these headers, and only the path is written out. No string is Huffman-encoded: that saves a third of
 * a path's bytes, and costs more time than sending them.
 *
 * @module
 */

import type { FrameBuffer } from "./frame_buffer.ts";

/** Indices of the static table (RFC 7541, Appendix A). */
const [AUTHORITY, METHOD_GET, PATH, SCHEME_HTTP, SCHEME_HTTPS] = [1, 2, 4, 6, 7];

/** The first index of the dynamic table. */
const DYNAMIC = 62;

/** How a literal header begins, and the bits of its index (RFC 7541 §6.2). */
const ADDED = { begin: 0x40, bits: 6 };
const NOT_ADDED = { begin: 0x00, bits: 4 };
const NEVER_ADDED = { begin: 0x10, bits: 4 };

/** Headers that no table on the way may keep (RFC 7541 §7.1.3). */
const SECRET = new Set(["authorization", "cookie", "proxy-authorization"]);

/** Bytes that each entry of a table counts besides its name and value (RFC 7541 §4.1). */
const ENTRY_OVERHEAD = 32;

/** Bytes that a dynamic table has before its owner says otherwise (RFC 9113 §6.5.2). */
const INITIAL_TABLE_BYTES = 4_096;

/** Headers by name, in lower case, a character for each byte. */
export type HeaderFields = readonly (readonly [name: string, value: string])[];

/** Encodes the requests of one connection, in the order in which they are sent. */
export class RequestEncoder {
  readonly #scheme: number;
  readonly #authority: string;
  #tableBytes = INITIAL_TABLE_BYTES;
  /** The least size that the server's table had since the last block, if that has to be confirmed (RFC 7541 §4.2). */
  #confirm: number | undefined;
  /** The headers that the server's table has, and how many entries they are with the authority. */
  #known: HeaderFields | undefined;
  #entries = 0;

  /**
   * Knows nothing of the server's table yet.
   *
   * @param scheme The scheme of all URLs.
   * @param authority Their host, with the port if it isn't the scheme's.
   */
  constructor(scheme: "http" | "https", authority: string) {
    this.#scheme = scheme === "http" ? SCHEME_HTTP : SCHEME_HTTPS;
    this.#authority = authority;
  }

  /** Takes note of SETTINGS_HEADER_TABLE_SIZE, in bytes. A table that shrinks isn't used any more. */
  set tableBytes(bytes: number) {
    if (bytes >= this.#tableBytes) return;
    this.#tableBytes = bytes;
    this.#confirm = 0;
    this.#known = [];
    this.#entries = 0;
  }

  /**
   * Writes a block.
   *
   * @param out Where it goes.
   * @param path The path with its query.
   * @param fields The headers besides the pseudo-headers. The same array for all requests costs the least.
   * @param method The method. Default: GET.
   */
  encode(out: FrameBuffer, path: string, fields: HeaderFields, method: "GET" | "HEAD" = "GET"): void {
    if (this.#confirm !== undefined) {
      writeInteger(out, 0x20, 5, this.#confirm);
      this.#confirm = undefined;
    }
    if (method === "GET") out.byte(0x80 | METHOD_GET);
    else writeLiteral(out, NOT_ADDED, METHOD_GET, method);
    out.byte(0x80 | this.#scheme);
    writeInteger(out, NOT_ADDED.begin, NOT_ADDED.bits, PATH);
    writeString(out, path);
    if (this.#known === undefined) return this.#writeFirst(out, fields);
    if (this.#entries === 0) writeLiteral(out, NOT_ADDED, AUTHORITY, this.#authority);
    const isKnown = fields === this.#known;
    // The authority was added first, and the latest entry has the lowest index
    for (let i = 0; i < (isKnown ? this.#entries : Math.min(this.#entries, 1)); i++) {
      writeInteger(out, 0x80, 7, DYNAMIC + this.#entries - 1 - i);
    }
    for (const [name, value] of fields) {
      if (!isKnown || this.#entries === 0 || SECRET.has(name)) writeField(out, name, value);
    }
  }

  /** The first block, which adds to the server's table what fits into it. */
  #writeFirst(out: FrameBuffer, fields: HeaderFields): void {
    this.#known = fields;
    let bytes = AUTHORITY_NAME_BYTES + this.#authority.length + ENTRY_OVERHEAD;
    for (const [name, value] of fields) bytes += name.length + value.length + ENTRY_OVERHEAD;
    if (bytes > this.#tableBytes) {
      writeLiteral(out, NOT_ADDED, AUTHORITY, this.#authority);
      for (const [name, value] of fields) writeField(out, name, value);
      return;
    }
    writeLiteral(out, ADDED, AUTHORITY, this.#authority);
    this.#entries = 1;
    for (const [name, value] of fields) {
      if (SECRET.has(name)) {
        writeField(out, name, value);
        continue;
      }
      out.byte(ADDED.begin);
      writeString(out, name);
      writeString(out, value);
      this.#entries++;
    }
  }
}

const AUTHORITY_NAME_BYTES = ":authority".length;

function writeField(out: FrameBuffer, name: string, value: string): void {
  out.byte(SECRET.has(name) ? NEVER_ADDED.begin : NOT_ADDED.begin);
  writeString(out, name);
  writeString(out, value);
}

function writeLiteral(out: FrameBuffer, { begin, bits }: typeof ADDED, nameIndex: number, value: string): void {
  writeInteger(out, begin, bits, nameIndex);
  writeString(out, value);
}

function writeString(out: FrameBuffer, text: string): void {
  writeInteger(out, 0, 7, text.length);
  out.text(text);
}

/** An integer with a prefix of so many bits (RFC 7541 §5.1). */
function writeInteger(out: FrameBuffer, begin: number, bits: number, value: number): void {
  const most = (1 << bits) - 1;
  if (value < most) return out.byte(begin | value);
  out.byte(begin | most);
  for (value -= most; value >= 128; value >>>= 7) out.byte(value & 127 | 128);
  out.byte(value);
}
