/** Bodies as servers pack them: in every coding, the usual way and in the odd ways that the formats allow. */

import { Buffer } from "node:buffer";
import { brotliCompressSync, constants, deflateRawSync, deflateSync, zstdCompressSync } from "node:zlib";
import { bytesOf, joined } from "./bytes.ts";
import { crc32, type Known } from "./oracle_codings.ts";
import type { Random } from "./random.ts";

/** A body that was packed. */
export interface Packed {
  bytes: Uint8Array;
  /** The value of Content-Encoding. */
  header: string;
  known: Known[];
}

const USUAL = [
  [8, ["gzip"]],
  [3, ["br"]],
  [1, ["deflate"]],
  [1, ["zstd"]],
  [1, ["x-gzip"]],
  [1, ["gzip", "identity"]],
  [1, ["gzip", "gzip"]],
  [1, ["gzip", "br"]],
  [1, ["br", "gzip"]],
  [1, ["br", "br"]],
  [1, ["identity"]],
  [1, ["deflate", "gzip"]],
  [1, ["compress"]],
] as const;

/** Packs a body in some way. */
export function pack(body: Uint8Array, random: Random): Packed {
  const codings = random.weighted<readonly string[]>(USUAL);
  const known: Known[] = [];
  let bytes = body;
  for (const coding of codings) bytes = packedOnce(coding, bytes, random, known);
  const spaced = codings.join(random.pick([", ", ",", " , ", ",,"]));
  const header = random.chance(0.1) ? spaced.toUpperCase() : spaced;
  // Cut short, or followed by something that isn't packed
  if (random.chance(0.08)) bytes = bytes.subarray(0, random.below(bytes.length + 1));
  else if (random.chance(0.05)) bytes = joined(bytes, random.chance(0.5) ? new Uint8Array(8) : random.bytes(5));
  return { bytes, header, known };
}

function packedOnce(coding: string, body: Uint8Array, random: Random, known: Known[]): Uint8Array {
  const level = random.pick([0, 1, 6, 9]);
  switch (coding) {
    case "gzip":
    case "x-gzip":
      return gzipped(body, random, level);
    case "deflate":
      return random.chance(0.6) ? deflateSync(body, { level }) : deflateRawSync(body, { level });
    case "zstd":
      return joined(...split(body, random).map((part) => new Uint8Array(zstdCompressSync(Buffer.from(part)))));
    case "br": {
      const params = { [constants.BROTLI_PARAM_QUALITY]: random.pick([0, 3, 5]) };
      const packed = new Uint8Array(brotliCompressSync(Buffer.from(body), { params }));
      known.push({ packed, bytes: body });
      return packed;
    }
  }
  return body;
}

/** Usually the whole, sometimes in parts, of which some may be empty. */
function split(body: Uint8Array, random: Random): Uint8Array[] {
  if (random.chance(0.6)) return [body];
  const cuts = Array.from({ length: random.between(1, 3) }, () => random.below(body.length + 1)).sort((a, b) => a - b);
  return [0, ...cuts].map((from, n) => body.subarray(from, cuts[n] ?? body.length));
}

/** Members of gzip (RFC 1952), with headers that are seldom seen, and sometimes with wrong sums. */
function gzipped(body: Uint8Array, random: Random, level: number): Uint8Array {
  return joined(
    ...split(body, random).flatMap((part) => {
      const flags = random.chance(0.3) ? random.below(32) : 0;
      const head: Uint8Array[] = [bytesOf(`\x1f\x8b\x08${String.fromCharCode(flags)}\0\0\0\0\0\x03`)];
      if (flags & 4) head.push(bytesOf("\x05\x00extra"));
      if (flags & 8) head.push(bytesOf("name.txt\0"));
      if (flags & 16) head.push(bytesOf("a comment\0"));
      if (flags & 2) head.push(littleEndian(crc32(joined(...head)) & 0xffff, 2));
      const sum = crc32(part) ^ (random.chance(0.03) ? 1 : 0);
      const size = part.length + (random.chance(0.03) ? 1 : 0);
      return [...head, new Uint8Array(deflateRawSync(part, { level })), littleEndian(sum, 4), littleEndian(size, 4)];
    }),
  );
}

function littleEndian(value: number, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, at) => value >>> (8 * at));
}
