/**
 * Small numbers in runs, or packed as bits (https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE).
 *
 * @module
 */

import { ParquetError } from "./parquet_error.ts";

/**
 * Reads numbers.
 *
 * @param bytes Where they are.
 * @param width Bits of each, 0 to 32.
 * @param count How many there are. Runs may be longer; what is beyond says nothing.
 * @throws {ParquetError} If there are fewer.
 */
export function readHybrid(bytes: Uint8Array, width: number, count: number): Uint32Array {
  const values = new Uint32Array(count);
  if (width === 0) return values;
  if (width > 32) throw new ParquetError(`it has numbers of ${width} bits`);
  const input = new Input(bytes);
  for (let filled = 0; filled < count;) {
    const header = input.varint();
    if (header % 2 === 1) {
      const most = Math.min((header - 1) / 2 * 8, count - filled);
      input.unpack(values.subarray(filled, filled + most), width);
      if (most === 0) throw new ParquetError("it has a run of nothing");
      filled += most;
    } else {
      const run = Math.min(header / 2, count - filled);
      const value = input.number(Math.ceil(width / 8));
      if (run === 0) throw new ParquetError("it has a run of nothing");
      values.fill(value, filled, filled + run);
      filled += run;
    }
  }
  return values;
}

class Input {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** ULEB128. */
  varint(): number {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 35; factor *= 128) {
      const byte = this.#next();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    throw new ParquetError("it has a number that is too long");
  }

  /** So many bytes, the lowest first. */
  number(bytes: number): number {
    let value = 0;
    for (let i = 0; i < bytes; i++) value += this.#next() * 256 ** i;
    return value;
  }

  /** Bits, the lowest first; packed in groups of 8 numbers, of which the last may have some too many. */
  unpack(values: Uint32Array, width: number): void {
    const from = this.#at;
    const range = 2 ** width;
    let [held, bits] = [0, 0]; // up to 40 bits, which is too many for bitwise operators
    for (let i = 0; i < values.length; i++) {
      for (; bits < width; bits += 8) held += this.#next() * 2 ** bits;
      values[i] = held % range;
      held = Math.floor(held / range);
      bits -= width;
    }
    this.#at = from + Math.ceil(values.length / 8) * width;
  }

  #next(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new ParquetError("it has fewer values than it says");
    return byte;
  }
}
