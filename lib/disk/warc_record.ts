/**
 * Records of a WARC file (ISO 28500:2017, WARC/1.1): a head of named fields, a block, and two line ends.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** Bytes of the end of a record. */
export const RECORD_END = "\r\n\r\n";

/** What there is to say of a record. */
export interface WarcRecord {
  /** What it is (§5.5). */
  type: "warcinfo" | "request" | "response";
  /** The record's own name. */
  id: string;
  /** When what it has was sent, in milliseconds since the epoch. */
  ms: number;
  /** What its block is (§5.6). */
  contentType: string;
  /** Bytes of its block. */
  length: number;
  /** Other fields, by name; undefined ones are left out. */
  fields: Record<string, string | undefined>;
}

/** A new name for a record (§5.2). */
export function newId(): string {
  return `<urn:uuid:${crypto.randomUUID()}>`;
}

/** The head of a record, to the empty line. */
export function recordHead({ type, id, ms, contentType, length, fields }: WarcRecord): string {
  const lines = Object.entries(fields).flatMap(([name, value]) => value === undefined ? [] : [`${name}: ${value}\r\n`]);
  return `WARC/1.1\r\nWARC-Type: ${type}\r\nWARC-Record-ID: ${id}\r\nWARC-Date: ${new Date(ms).toISOString()}\r\n` +
    `${lines.join("")}Content-Type: ${contentType}\r\nContent-Length: ${length}\r\n\r\n`;
}

/** Digests of a block, and of the body in it, as others write them: SHA-1 in Base32 (§5.8, §5.9; RFC 4648 §6). */
export class WarcDigest {
  readonly #hash = createHash("sha1");

  /** Takes in some bytes. */
  update(bytes: Uint8Array): this {
    this.#hash.update(bytes);
    return this;
  }

  /** The digest of what was taken in. */
  end(): string {
    return `sha1:${base32(this.#hash.digest())}`;
  }
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Of a length that is a multiple of five bytes, so that nothing has to be filled up. */
function base32(bytes: Uint8Array): string {
  let text = "";
  let [bits, held] = [0, 0];
  for (const byte of bytes) {
    held = (held << 8 | byte) & 0xfff;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += DIGITS[held >> bits - 5 & 31];
  }
  return text;
}
