/**
 * A checksum over a block of a body, quick enough to be computed of everything that is written: about 5 GB/s.
 *
 * It finds what is flipped, cut, zeroed by a power cut or swapped with another block. It needn't withstand anyone who looks
 * for two blocks with the same sum.
 *
 * @module
 */

/** Bytes that are taken at a time: a word for each of four independent sums, which the processor computes side by side. */
const STEP = 16;

/** Sums up a block as it comes; in which pieces makes no difference. */
export class BlockSum {
  /** Bytes so far. */
  bytes = 0;
  readonly #sums = new Int32Array(4);
  readonly #rest = new Uint8Array(STEP);
  #resting = 0;

  /**
   * Begins a block.
   *
   * @param seed Three words of what the block belongs to, so that it isn't taken for one of something else.
   * @param at Where in the body it begins.
   */
  constructor(seed: Uint32Array, at: number) {
    this.#sums.set([seed[0] ^ at, seed[1] ^ (at / 2 ** 32), seed[2], seed[0] ^ seed[1]]);
  }

  /** Adds bytes. */
  add(bytes: Uint8Array): void {
    this.bytes += bytes.length;
    let from = 0;
    if (this.#resting > 0) {
      from = Math.min(STEP - this.#resting, bytes.length);
      this.#rest.set(bytes.subarray(0, from), this.#resting);
      this.#resting += from;
      if (this.#resting < STEP) return;
      this.#mix(this.#rest, 0, STEP);
    }
    const to = bytes.length - (bytes.length - from) % STEP;
    this.#mix(bytes, from, to);
    this.#resting = bytes.length - to;
    this.#rest.set(bytes.subarray(to));
  }

  /** The sum of what was added, in hexadecimal. Nothing can be added afterwards. */
  end(): string {
    this.#mix(this.#rest.fill(0, this.#resting), 0, STEP);
    new DataView(this.#rest.buffer).setFloat64(0, this.bytes);
    this.#mix(this.#rest.fill(0, 8), 0, STEP);
    return new Uint8Array(this.#sums.buffer).toHex();
  }

  #mix(bytes: Uint8Array, from: number, to: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    let [a, b, c, d] = this.#sums;
    for (let i = from; i < to; i += STEP) {
      a = mixed(a, view.getInt32(i, true));
      b = mixed(b, view.getInt32(i + 4, true));
      c = mixed(c, view.getInt32(i + 8, true));
      d = mixed(d, view.getInt32(i + 12, true));
    }
    this.#sums.set([a, b, c, d]);
  }
}

/** Each step can be undone, so that a single word that is wrong always shows. */
function mixed(sum: number, word: number): number {
  sum = Math.imul(sum ^ word, 0x9e3779b1);
  return sum ^ (sum >>> 15);
}
