/**
 * Chance that comes again: the same seed gives the same numbers, so that what a fuzzer found can be found again.
 *
 * @module
 */

import { mix } from "../site/hash.ts";

/** Numbers that look random and follow from a seed. */
export class Seeded {
  #state: number;

  /**
   * Begins at a seed.
   *
   * @param seed Any whole number; it counts modulo 2^32.
   */
  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** A whole number from 0 to `below - 1`. */
  int(below: number): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    return Math.floor((mix(this.#state) >>> 0) / 2 ** 32 * below);
  }

  /** Whether something happens that happens so often, from 0 to 1. */
  chance(share: number): boolean {
    return this.int(1_000_000) < share * 1_000_000;
  }

  /** One of several. */
  pick<T>(from: readonly T[]): T {
    return from[this.int(from.length)];
  }
}
