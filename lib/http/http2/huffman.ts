/**
 * The Huffman code of HPACK (RFC 7541 §5.2, Appendix B), decoded four bits at a time.
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
const BITS_A_STEP = 4;

/** A step's entry: the next state, the byte that it completes, and these. */
const [SYMBOL_SHIFT, EMITS, FAILS, MAY_END] = [9, 1 << 17, 1 << 18, 1 << 19];

let steps: Uint32Array | undefined;

/**
 * Decodes a string.
 *
 * @param bytes The encoded string.
 * @returns A character for each byte of it.
 * @throws {HpackError} If it has the end of string in it, or ends in what is no padding (RFC 7541 §5.2).
 */
export function huffmanDecode(bytes: Uint8Array): string {
  steps ??= makeSteps();
  const decoded: number[] = [];
  let state = 0;
  let mayEnd = true;
  for (const byte of bytes) {
    for (let shift = BITS_A_STEP; shift >= 0; shift -= BITS_A_STEP) {
      const step = steps[state << BITS_A_STEP | byte >> shift & 15];
      if (step & FAILS) throw new HpackError("a Huffman code that stands for nothing");
      if (step & EMITS) decoded.push(step >> SYMBOL_SHIFT & 255);
      state = step & 511;
      mayEnd = (step & MAY_END) !== 0;
    }
  }
  if (!mayEnd) throw new HpackError("a Huffman code that is cut short");
  return String.fromCharCode(...decoded);
}

/** What each state does with each four bits. A state is an inner node of the tree of codes; the root is 0. */
function makeSteps(): Uint32Array {
  const { children, padding } = makeTree();
  const table = new Uint32Array(children.length << BITS_A_STEP);
  for (let state = 0; state < children.length; state++) {
    for (let bits = 0; bits < 16; bits++) table[state << BITS_A_STEP | bits] = step(state, bits);
  }
  return table;

  function step(state: number, bits: number): number {
    let entry = 0;
    for (let shift = BITS_A_STEP - 1; shift >= 0; shift--) {
      const next = children[state][bits >> shift & 1];
      if (next >= 0) {
        state = next;
        continue;
      }
      const symbol = -next - 1;
      if (symbol === EOS) return FAILS;
      entry = EMITS | symbol << SYMBOL_SHIFT;
      state = 0;
    }
    return entry | state | (padding.has(state) ? MAY_END : 0);
  }
}

/** The tree of codes, and the states in which a string may end: after at most seven bits of padding, all ones. */
function makeTree(): { children: [number, number][]; padding: Set<number> } {
  const children: [number, number][] = [[0, 0]];
  const symbols = Array.from(LENGTHS, (digit, symbol) => ({ symbol, length: parseInt(digit, 36) }));
  symbols.sort((a, b) => a.length - b.length || a.symbol - b.symbol);
  let code = 0;
  let before = symbols[0].length;
  for (const { symbol, length } of symbols) {
    code <<= length - before;
    before = length;
    let node = 0;
    for (let bit = length - 1; bit > 0; bit--) {
      const side = code >> bit & 1;
      if (children[node][side] === 0) children[node][side] = children.push([0, 0]) - 1;
      node = children[node][side];
    }
    children[node][code & 1] = -symbol - 1;
    code++;
  }
  const padding = new Set([0]);
  let state = 0;
  for (let ones = 1; ones < 8; ones++) padding.add(state = children[state][1]);
  return { children, padding };
}
