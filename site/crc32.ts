/**
 * The checksum of gzip (RFC 1952 §8), also of gigabytes of zeros without looking at them.
 *
 * @module
 */

import { crc32 } from "node:zlib";

/** The checksum of what it was given so far. */
export class Crc32 {
  /** The checksum, 0 to 2^32 - 1. */
  value = 0;

  /** Adds bytes. */
  update(bytes: Uint8Array): void {
    this.value = crc32(bytes, this.value);
  }

  /**
   * Adds so many zeros. A zero changes the register linearly (over GF(2)), so that many of them are a power of a matrix:
   * about log2 of their number steps.
   */
  updateZeros(count: number): void {
    let register = ~this.value >>> 0;
    let power = ONE_ZERO;
    for (let left = count; left > 0; left = Math.floor(left / 2)) {
      if (left % 2 === 1) register = times(power, register);
      power = power.map((column) => times(power, column));
    }
    this.value = ~register >>> 0;
  }
}

/** What a byte of zeros makes of each bit of the register. */
const ONE_ZERO = Array.from({ length: 32 }, (_, bit) => {
  let register = 2 ** bit;
  for (let i = 0; i < 8; i++) register = register & 1 ? (register >>> 1) ^ 0xedb88320 : register >>> 1;
  return register >>> 0;
});

function times(matrix: readonly number[], vector: number): number {
  let sum = 0;
  for (let bit = 0; bit < 32; bit++) if (vector >>> bit & 1) sum ^= matrix[bit];
  return sum >>> 0;
}
