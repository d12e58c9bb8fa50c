/**
 * Which downloads of a partition have an outcome: all below a number, and some above it. Takes little, since downloads end
 * nearly in their order.
 *
 * @module
 */

import { isCount, isRecord } from "./packed.ts";

/** The numbers of downloads, within their partition, that have an outcome. */
export class Finished {
  /** All below this one have. */
  #below = 0;
  readonly #above = new Set<number>();

  /** How many there are. */
  get size(): number {
    return this.#below + this.#above.size;
  }

  /** Whether a download is among them. */
  has(number: number): boolean {
    return number < this.#below || this.#above.has(number);
  }

  /**
   * Adds a download.
   *
   * @param number Its number within the partition.
   * @returns Whether it wasn't among them.
   */
  add(number: number): boolean {
    if (this.has(number)) return false;
    this.#above.add(number);
    while (this.#above.delete(this.#below)) this.#below++;
    return true;
  }

  /** As plain data: the number below which all are, then the first and the length of each further range. */
  toJSON(): { below: number; ranges: number[] } {
    const ranges: number[] = [];
    for (const number of [...this.#above].sort((one, other) => one - other)) {
      const [first, length] = ranges.slice(-2);
      if (first + length === number) ranges[ranges.length - 1]++;
      else ranges.push(number, 1);
    }
    return { below: this.#below, ranges };
  }

  /**
   * Reads what {@linkcode toJSON} gave.
   *
   * @param data Plain data, of whatever origin.
   * @param most Numbers that it may hold above the first gap.
   * @throws {Error} If it is anything else.
   */
  static from(data: unknown, most = 10_000_000): Finished {
    const finished = new Finished();
    if (!isRecord(data) || !isCount(data.below) || !Array.isArray(data.ranges)) throw new Error("it has no numbers");
    finished.#below = data.below;
    let end = data.below;
    for (let at = 0; at < data.ranges.length; at += 2) {
      const [first, length] = data.ranges.slice(at, at + 2);
      if (!isCount(first) || !isCount(length) || first <= end || length < 1 || (most -= length) < 0) {
        throw new Error("its numbers don't rise, or are too many");
      }
      end = first + length;
      if (!isCount(end)) throw new Error("its numbers are too large");
      for (let number = first; number < end; number++) finished.#above.add(number);
    }
    return finished;
  }
}
