/**
 * Repeatable chance: the same text gives the same number, on every machine.
 *
 * @module
 */

/** Finishes a hash: each bit of the input changes half of the bits of the result (MurmurHash3's fmix32). */
export function mix(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The hash of a text, 0 to 2^32 - 1: FNV-1a over its UTF-16 units, finished by {@linkcode mix}. */
export function hash(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix(hash);
}

/** A number from 0 up to, but not including, 1 that follows from the text. */
export function chance(text: string): number {
  return hash(text) / 2 ** 32;
}
