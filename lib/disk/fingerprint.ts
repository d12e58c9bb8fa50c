/**
 * A number of 96 bits that stands for a text, so that ten million URLs can be remembered without keeping them.
 *
 * @module
 */

/** Words of 32 bits in a {@linkcode fingerprint}. */
export const FINGERPRINT_WORDS = 3;

/**
 * Computes the fingerprint of a text: the first 96 bits of MurmurHash3 x86_128 (Austin Appleby, public domain, seed 0)
 * over its UTF-16 code units. Fast (about 0.15 us for a URL) and the same in every run, but not made to withstand
 * someone who looks for two texts with the same fingerprint.
 *
 * @param text Any text.
 * @param words Where the fingerprint is written, so that nothing needs to be allocated; it must have room for
 * {@linkcode FINGERPRINT_WORDS}.
 */
export function fingerprint(text: string, words: Uint32Array): void {
  const length = text.length;
  const blocks = length & ~7;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = 0;
  for (; i < blocks; i += 8) {
    a ^= mixA(text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16));
    a = Math.imul(rotate(a, 19) + b, 5) + 0x561ccd1b | 0;
    b ^= mixB(text.charCodeAt(i + 2) | (text.charCodeAt(i + 3) << 16));
    b = Math.imul(rotate(b, 17) + c, 5) + 0x0bcaa747 | 0;
    c ^= mixC(text.charCodeAt(i + 4) | (text.charCodeAt(i + 5) << 16));
    c = Math.imul(rotate(c, 15) + d, 5) + 0x96cd1c35 | 0;
    d ^= mixD(text.charCodeAt(i + 6) | (text.charCodeAt(i + 7) << 16));
    d = Math.imul(rotate(d, 13) + a, 5) + 0x32ac3b17 | 0;
  }
  // charCodeAt() past the end is NaN, which is 0 as a word: the rest counts as if filled up with zeros.
  if (i < length) {
    a ^= mixA(text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16));
    b ^= mixB(text.charCodeAt(i + 2) | (text.charCodeAt(i + 3) << 16));
    c ^= mixC(text.charCodeAt(i + 4) | (text.charCodeAt(i + 5) << 16));
    d ^= mixD(text.charCodeAt(i + 6));
  }
  const bytes = 2 * length;
  a ^= bytes;
  b ^= bytes;
  c ^= bytes;
  d ^= bytes;
  a = a + b + c + d | 0;
  b = b + a | 0;
  c = c + a | 0;
  d = d + a | 0;
  a = finish(a);
  b = finish(b);
  c = finish(c);
  d = finish(d);
  a = a + b + c + d | 0;
  words[0] = a;
  words[1] = b + a;
  words[2] = c + a;
}

/** The fingerprint of a text as 24 hexadecimal digits, which may be a file's name. */
export function fingerprintHex(text: string): string {
  const words = new Uint32Array(FINGERPRINT_WORDS);
  fingerprint(text, words);
  return Array.from(words, (word) => word.toString(16).padStart(8, "0")).join("");
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

function mixA(word: number): number {
  return Math.imul(rotate(Math.imul(word, 0x239b961b), 15), 0xab0e9789);
}

function mixB(word: number): number {
  return Math.imul(rotate(Math.imul(word, 0xab0e9789), 16), 0x38b34ae5);
}

function mixC(word: number): number {
  return Math.imul(rotate(Math.imul(word, 0x38b34ae5), 17), 0xa1e38b93);
}

function mixD(word: number): number {
  return Math.imul(rotate(Math.imul(word, 0xa1e38b93), 18), 0x239b961b);
}

function finish(word: number): number {
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return word ^ (word >>> 16);
}
