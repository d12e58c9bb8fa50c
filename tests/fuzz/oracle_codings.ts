/**
 * What a packed body holds (RFC 9110 §8.4.1, RFC 1950, 1952, 7932, 8878): all at once, checked to its last byte, and without
 * any code of `lib/`.
 */

import { Buffer } from "node:buffer";
import { brotliDecompressSync, zstdDecompressSync } from "node:zlib";
import { joined } from "./bytes.ts";
import { inflate, PackedError } from "./inflate.ts";

/** What unpacking must come to. */
export interface Unpacked {
  bytes: Uint8Array;
  /** Why refusing it is right too, if it is. */
  choices: string[];
}

/** What was packed when a case was made. */
export interface Known {
  packed: Uint8Array;
  bytes: Uint8Array;
}

/** Undoes one coding. Throws a `PackedError` for what isn't whole and right; undefined for a coding that isn't known. */
export function unpacked(coding: string, packed: Uint8Array, known: readonly Known[]): Unpacked | undefined {
  switch (coding.toLowerCase()) {
    case "identity":
      return { bytes: packed, choices: [] };
    case "gzip":
    case "x-gzip":
      return ungzipped(packed);
    case "deflate":
      return undeflated(packed);
    case "br":
      return unbrotlied(packed, known);
    case "zstd":
      return unzstded(packed);
  }
}

/** An empty body that is said to be packed: there is nothing to unpack, and servers send it. */
const NOTHING: Unpacked = { bytes: new Uint8Array(), choices: [] };

/** RFC 1952: members, one after another (§2.2). */
function ungzipped(packed: Uint8Array): Unpacked {
  if (packed.length === 0) return NOTHING;
  const members: Uint8Array[] = [];
  const choices: string[] = [];
  for (let at = 0; at < packed.length;) {
    if (members.length > 0 && packed[at] !== 0x1f) {
      choices.push("bytes after the last gzip member: padding or garbage, which gzip(1) ignores and others refuse");
      break;
    }
    const start = gzipHeaderEnd(packed, at, choices);
    const { bytes, end, isOdd } = inflate(packed, start);
    if (isOdd) choices.push("an incomplete Huffman code, which RFC 1951 doesn't forbid");
    if (end + 8 > packed.length) throw new PackedError("cut short", "gzip trailer");
    const trailer = new DataView(packed.buffer, packed.byteOffset + end, 8);
    if (trailer.getUint32(0, true) !== crc32(bytes)) throw new PackedError("corrupt", "CRC-32");
    if (trailer.getUint32(4, true) !== bytes.length) throw new PackedError("corrupt", "ISIZE");
    members.push(bytes);
    at = end + 8;
  }
  return { bytes: joined(...members), choices };
}

/** RFC 1952 §2.3. */
function gzipHeaderEnd(packed: Uint8Array, from: number, choices: string[]): number {
  const byte = (at: number) => {
    if (at >= packed.length) throw new PackedError("cut short", "gzip header");
    return packed[at];
  };
  if (byte(from) !== 0x1f || byte(from + 1) !== 0x8b || byte(from + 2) !== 8) throw new PackedError("corrupt", "magic");
  const flags = byte(from + 3);
  if (flags & 0xe0) choices.push("reserved gzip flags, which must be refused (§2.3.1.2) and usually are ignored");
  byte(from + 9);
  let at = from + 10;
  if (flags & 4) at += 2 + byte(at) + byte(at + 1) * 256;
  for (const text of [8, 16]) {
    if (!(flags & text)) continue;
    const start = at;
    while (byte(at++) !== 0);
    if (at - start > 1_024) choices.push("a file name or comment of more than 1 KiB in a gzip header");
  }
  if (flags & 2) {
    const sum = byte(at) + byte(at + 1) * 256;
    if (sum !== (crc32(packed.subarray(from, at)) & 0xffff)) {
      choices.push("a wrong CRC-16 of a gzip header, rarely checked");
    }
    at += 2;
  }
  if (at > packed.length) throw new PackedError("cut short", "gzip header");
  return at;
}

/** RFC 1950, and what some servers call so: RFC 1951 alone (RFC 9110 §8.4.1.2). */
function undeflated(packed: Uint8Array): Unpacked {
  if (packed.length === 0) return NOTHING;
  const choices = ["deflate, which isn't asked for: refusing it is right too"];
  const isZlib = packed.length >= 2 && (packed[0] & 15) === 8 && (packed[0] * 256 + packed[1]) % 31 === 0;
  if (!isZlib) {
    const { bytes } = inflate(packed);
    return { bytes, choices };
  }
  if (packed[1] & 0x20) throw new PackedError("corrupt", "a preset dictionary");
  const { bytes, end } = inflate(packed, 2);
  if (end + 4 > packed.length) throw new PackedError("cut short", "Adler-32");
  const sum = new DataView(packed.buffer, packed.byteOffset + end, 4).getUint32(0);
  if (sum !== adler32(bytes)) throw new PackedError("corrupt", "Adler-32");
  return { bytes, choices };
}

/**
 * RFC 7932. A decoder of our own would need its dictionary of 120 KB, and the format has no checksum: so what Node's makes of
 * a body as a whole is right, but it doesn't notice when one is cut short. That is seen from the bodies that cases are made of.
 */
function unbrotlied(packed: Uint8Array, brotlis: readonly Known[]): Unpacked {
  if (packed.length === 0) return NOTHING;
  const known = knownBrotli(packed, brotlis);
  if (known) return known;
  try {
    const bytes = brotliDecompressSync(Buffer.from(packed), { maxOutputLength: MOST_UNPACKED });
    return { bytes: new Uint8Array(bytes), choices: [MUTATED_BROTLI] };
  } catch (error) {
    throw new PackedError("corrupt", String(error));
  }
}

/** Why a brotli body that nobody packed may be refused. What comes before that is not known here. */
export const MUTATED_BROTLI = "a mutated brotli body, which has no checksum";

/** Bytes that a mutated body may unpack to in the oracle. */
const MOST_UNPACKED = 2 ** 26;

function knownBrotli(packed: Uint8Array, known: readonly Known[]): Unpacked | undefined {
  for (const { packed: whole, bytes } of known) {
    if (commonLength(whole, packed) < whole.length) continue;
    return { bytes, choices: packed.length > whole.length ? ["bytes after the end of a brotli stream"] : [] };
  }
  for (const { packed: whole, bytes } of known) {
    const common = commonLength(whole, packed);
    if (common < packed.length) continue;
    // The last bytes may hold nothing but the mark of the end; what was packed can be there without it
    if (whole.length - common <= 2) return { bytes, choices: ["a brotli stream without its last bytes"] };
    throw new PackedError("cut short");
  }
}

function commonLength(a: Uint8Array, b: Uint8Array): number {
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at++;
  return at;
}

/**
 * RFC 8878: frames one after another, whose ends are found here. Node unpacks each by itself: of several it stops at an empty one,
 * and it doesn't notice when one is cut short.
 */
function unzstded(packed: Uint8Array): Unpacked {
  if (packed.length === 0) return NOTHING;
  const frames: Uint8Array[] = [];
  for (let at = 0; at < packed.length;) {
    const { end, isSkipped } = zstdFrame(packed, at);
    if (!isSkipped) frames.push(unzstdedFrame(packed.subarray(at, end)));
    at = end;
  }
  return { bytes: joined(...frames), choices: ["zstd, which isn't asked for: refusing it is right too"] };
}

function unzstdedFrame(frame: Uint8Array): Uint8Array {
  try {
    return new Uint8Array(zstdDecompressSync(Buffer.from(frame), { maxOutputLength: MOST_UNPACKED }));
  } catch (error) {
    throw new PackedError("corrupt", String(error));
  }
}

/** Follows a frame of RFC 8878 §3.1 to its end, without unpacking it. */
function zstdFrame(packed: Uint8Array, from: number): { end: number; isSkipped: boolean } {
  let at = from;
  const number = (bytes: number) => {
    if (at + bytes > packed.length) throw new PackedError("cut short");
    let value = 0;
    for (let n = bytes - 1; n >= 0; n--) value = value * 256 + packed[at + n];
    at += bytes;
    return value;
  };
  const skip = (bytes: number) => {
    at += bytes;
    if (at > packed.length) throw new PackedError("cut short");
  };
  const magic = number(4);
  if (magic >= 0x184d2a50 && magic <= 0x184d2a5f) {
    skip(number(4));
    return { end: at, isSkipped: true };
  }
  if (magic !== 0xfd2fb528) throw new PackedError("corrupt", "magic");
  const descriptor = number(1);
  const isSingle = (descriptor & 32) !== 0;
  skip((isSingle ? 0 : 1) + [0, 1, 2, 4][descriptor & 3] + [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6]);
  for (let isLast = false; !isLast;) {
    const header = number(3);
    isLast = (header & 1) === 1;
    skip(((header >> 1) & 3) === 1 ? 1 : header >> 3);
  }
  skip(descriptor & 4 ? 4 : 0);
  return { end: at, isSkipped: false };
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
  return crc;
});

/** RFC 1952 §8. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** RFC 1950 §2.2. */
function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return b * 65_536 + a;
}
