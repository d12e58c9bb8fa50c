/**
 * The Huffman code of HPACK (RFC 7541 §5.2, Appendix B), decoded by comparing with the codes of each length.
 *
 * Servers choose whether they use it, so a client has to read it; it never has to write it.
 *
 * @module
 */

import { HpackError } from "./hpack_error.ts";

/**
 * Bits of the code of each byte, and of the end of string (EOS), as digits in base 36. The code is canonical: codes of the
 * same length follow each other in the order of their symbols, so the lengths are all there is to know.
 */
const LENGTHS = "dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6cad67777777777777777777777878djde6f" +
  "56565666577666567655677777fbedskmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmnqqkjmnm" +
  "pqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrqu";

const EOS = 256;

/** The codes of one length. */
interface Level {
  length: number;
  /** The first code, and the one behind the last. */
  first: number;
  limit: number;
  /** Their symbols, in the order of the codes. */
  symbols: number[];
}

let levels: Level[] | undefined;

/**
 * Decodes a string.
 *
 * @param bytes The encoded string.
 * @returns A character for each byte of it.
 * @throws {HpackError} If it has the end of string in it, or ends in what is no padding (RFC 7541 §5.2).
 */
export function huffmanDecode(bytes: Uint8Array): string {
  levels ??= makeLevels();
  const decoded: number[] = [];
  let at = 0;
  let bits = 0; // those that were read and not decoded yet: a number of more than 32 bits now and then
  let have = 0;
  next: while (true) {
    for (const { length, first, limit, symbols } of levels) {
      while (have < length && at < bytes.length) {
        bits = bits * 256 + bytes[at++];
        have += 8;
      }
      if (have < length) break;
      const unit = 2 ** (have - length);
      const code = Math.floor(bits / unit);
      if (code >= limit) continue;
      const symbol = symbols[code - first];
      if (symbol === EOS) throw new HpackError("a Huffman code that stands for nothing");
      decoded.push(symbol);
      bits -= code * unit;
      have -= length;
      continue next;
    }
    // What is left is no code: at most seven bits of padding, all ones
    if (have >= 8 || bits !== 2 ** have - 1) throw new HpackError("a Huffman code that is cut short");
    return String.fromCharCode(...decoded);
  }
}

/** In one pass, because the first answer waits for it. */
function makeLevels(): Level[] {
  const byLength: number[][] = [];
  for (let symbol = 0; symbol < LENGTHS.length; symbol++) (byLength[parseInt(LENGTHS[symbol], 36)] ??= []).push(symbol);
  const made: Level[] = [];
  let code = 0;
  for (let length = 1; length < byLength.length; length++) {
    const symbols = byLength[length] ?? [];
    if (symbols.length > 0) made.push({ length, first: code, limit: code + symbols.length, symbols });
    code = (code + symbols.length) * 2;
  }
  return made;
}
