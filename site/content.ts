/**
 * Bodies of any size, made as they are sent, that a client can verify: byte by byte they follow from n and a seed.
 *
 * The body is a row of 32-bit words, lowest byte first; word k is `mix(key + k * 0x9e3779b9)`, all modulo 2^32,
 * where `key` is `hash("n:seed")`, or `hash("n:seed:version")` once the page has changed; `mix` and `hash` are those of
 * hash.ts.
 *
 * @module
 */

import { hash, mix } from "./hash.ts";

/**
 * A part of a body.
 *
 * @param key Which body; see {@linkcode contentKey}.
 * @param start The offset of its first byte, 0 or more.
 * @param length Its length in bytes.
 */
export function content(key: number, start: number, length: number): Uint8Array<ArrayBuffer> {
  const first = Math.floor(start / 4);
  // In the machine's byte order, which is lowest byte first wherever Deno runs.
  const words = new Uint32Array(Math.ceil((start + length) / 4) - first);
  let word = (key + Math.imul(first, 0x9e3779b9)) | 0;
  for (let i = 0; i < words.length; i++) {
    words[i] = mix(word);
    word = (word + 0x9e3779b9) | 0;
  }
  return new Uint8Array(words.buffer, start % 4, length);
}

/**
 * Which body belongs to a page.
 *
 * @param n The page.
 * @param seed The seed it was asked with, 0 if none.
 * @param version How often it has changed. Default: 0.
 */
export function contentKey(n: string, seed: number, version = 0): number {
  return hash(version === 0 ? `${n}:${seed}` : `${n}:${seed}:${version}`);
}
