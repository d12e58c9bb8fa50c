/**
 * How many downloads may be in flight, from all hosts together: regular ones, and further ones in the place of those that
 * stall; fewer after file descriptors ran out.
 *
 * @module
 */

/**
 * How many stalled attempts may exceed `--concurrency`, so that silent hosts don't block the others: a list with 1 % of its
 * URLs on silent hosts has about 200 at 600 downloads per second and 30 s until they time out.
 */
export const MAX_STALLED = 1_000;

/** What {@linkcode Places} are made with. */
export interface PlacesOptions {
  /** Downloads in flight at most, not counting those that stall. Default: no limit. */
  concurrency?: number;
  /** Downloads in flight at most, those that stall included. Default: no limit. */
  connections?: number;
}

/** The part of what there are file descriptors for that is kept for downloads in the place of stalled ones. */
const LENT = 1 / 4;

/** The part that is left of what was in flight when file descriptors ran out (the multiplicative decrease of AIMD). */
const LEFT = 3 / 4;

/** Bounds what is in flight. */
export class Places {
  /** Downloads that may be in flight at the same time, stalled ones not counted. */
  readonly regular: number;
  /** Downloads that may be in flight in the place of stalled ones. */
  readonly lent: number;
  /** Both together, as far as file descriptors suffice. */
  all: number;
  readonly #most: number;
  /** Downloads that have ended since there are as many places as there are now. */
  #ended = 0;

  /**
   * Shares out what there is.
   *
   * @param options The limits.
   */
  constructor({ concurrency = Infinity, connections = Infinity }: PlacesOptions) {
    this.lent = connections === Infinity ? MAX_STALLED : Math.min(MAX_STALLED, Math.floor(connections * LENT));
    this.regular = Math.min(concurrency, connections - this.lent);
    this.all = this.#most = connections;
  }

  /**
   * Notes that file descriptors ran out, although there was a place: there are fewer than was known of.
   *
   * @param inFlight Downloads that are in flight all the same.
   */
  runOut(inFlight: number): void {
    this.all = Math.max(1, Math.min(this.all, Math.floor(inFlight * LEFT)));
    this.#ended = 0;
  }

  /**
   * Notes that a download has ended with what it needed: one more place for as many as there are (the additive increase).
   */
  settle(): void {
    if (this.all === this.#most || ++this.#ended < this.all) return;
    this.all++;
    this.#ended = 0;
  }
}
