/**
 * Requests that a picture draws one by one: all of them while they are few, then some that are drawn by lot, so that no bar
 * ever stands for several requests.
 *
 * @module
 */

/** Requests that are drawn each: as many rows as still fit on a screen. */
export const MAX_DRAWN = 200;

/** Requests that are drawn by lot where there are more. */
export const SAMPLES = 64;

/** A request: when it began, when its answer's headers came, when it ended, in milliseconds since the start; whether it failed. */
export type DrawnRequest = [startMs: number, firstByteMs: number | null, endMs: number, failed: boolean];

/** Keeps requests to be drawn, in constant memory. */
export class RequestSample {
  /** How many requests there were. */
  count = 0;
  readonly #first: DrawnRequest[] = [];
  readonly #lot: DrawnRequest[] = [];
  readonly #random: () => number;

  /**
   * Keeps nothing yet.
   *
   * @param random Draws the lots, from 0 up to 1. Default: `Math.random`.
   */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** Adds a request. Each has the same chance to be kept: Vitter, "Random Sampling with a Reservoir", 1985, algorithm R. */
  add(request: DrawnRequest): void {
    this.count++;
    if (this.#first.length < MAX_DRAWN) this.#first.push(request);
    if (this.#lot.length < SAMPLES) this.#lot.push(request);
    else {
      const at = Math.floor(this.#random() * this.count);
      if (at < SAMPLES) this.#lot[at] = request;
    }
  }

  /** All requests, or a sample of `SAMPLES` where there are more than `MAX_DRAWN`; by when they began. */
  get drawn(): DrawnRequest[] {
    return (this.count <= MAX_DRAWN ? this.#first : this.#lot).toSorted(([a], [b]) => a - b);
  }
}
