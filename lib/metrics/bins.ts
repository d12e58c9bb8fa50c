/**
 * Events added up by when they happened, in as much memory for an hour as for a second: when time goes beyond the last
 * bin, bins are joined two by two.
 *
 * @module
 */

/** Bins: enough for a curve as wide as a page, and few enough to be sent as JSON. */
const BINS = 240;

/** Adds up events of several kinds over time. */
export class Bins<Kind extends string> {
  /** Milliseconds that a bin is long; doubled whenever there would be too many bins. */
  widthMs = 1;
  readonly #sums: Record<Kind, number[]>;

  /**
   * Makes bins without events.
   *
   * @param kinds The kinds of events.
   */
  constructor(kinds: readonly Kind[]) {
    this.#sums = Object.fromEntries(kinds.map((kind) => [kind, []])) as unknown as Record<Kind, number[]>;
  }

  /**
   * Adds an event.
   *
   * @param kind Its kind.
   * @param atMs When it happened, in milliseconds since the start; what was before counts as at the start.
   * @param amount How much it adds. Default: 1, so that events are counted.
   */
  add(kind: Kind, atMs: number, amount = 1): void {
    while (atMs >= this.widthMs * BINS) this.#join();
    const at = Math.max(0, Math.floor(atMs / this.widthMs));
    const sums = this.#sums[kind];
    sums[at] = (sums[at] ?? 0) + amount;
  }

  /**
   * What events came to.
   *
   * @param kind The kind of events.
   * @returns Their sums by bin, from the start to the last bin that has an event of any kind.
   */
  sums(kind: Kind): number[] {
    const length = Math.max(...Object.values<number[]>(this.#sums).map((sums) => sums.length));
    return Array.from({ length }, (_, at) => this.#sums[kind][at] ?? 0);
  }

  #join(): void {
    this.widthMs *= 2;
    for (const sums of Object.values<number[]>(this.#sums)) {
      const half = Math.ceil(sums.length / 2);
      for (let at = 0; at < half; at++) sums[at] = (sums[2 * at] ?? 0) + (sums[2 * at + 1] ?? 0);
      sums.length = half;
    }
  }
}
