/**
 * Events counted by when they happened, in as much memory for an hour as for a second: when time goes beyond the last
 * bin, bins are joined two by two.
 *
 * @module
 */

/** Bins: enough for a curve as wide as a page, and few enough to be sent as JSON. */
const BINS = 240;

/** Counts events of several kinds over time. */
export class Bins<Kind extends string> {
  /** Milliseconds that a bin is long; doubled whenever there would be too many bins. */
  widthMs = 1;
  readonly #counts: Record<Kind, number[]>;

  /** @param kinds The kinds of events. */
  constructor(kinds: readonly Kind[]) {
    this.#counts = Object.fromEntries(kinds.map((kind) => [kind, []])) as unknown as Record<Kind, number[]>;
  }

  /**
   * Counts an event.
   *
   * @param kind Its kind.
   * @param atMs When it happened, in milliseconds since the start; what was before counts as at the start.
   */
  add(kind: Kind, atMs: number): void {
    while (atMs >= this.widthMs * BINS) this.#join();
    const at = Math.max(0, Math.floor(atMs / this.widthMs));
    const counts = this.#counts[kind];
    counts[at] = (counts[at] ?? 0) + 1;
  }

  /**
   * What was counted.
   *
   * @param kind The kind of events.
   * @returns Events by bin, from the start to the last bin that has an event of any kind.
   */
  counts(kind: Kind): number[] {
    const length = Math.max(...Object.values<number[]>(this.#counts).map((counts) => counts.length));
    return Array.from({ length }, (_, at) => this.#counts[kind][at] ?? 0);
  }

  #join(): void {
    this.widthMs *= 2;
    for (const counts of Object.values<number[]>(this.#counts)) {
      const half = Math.ceil(counts.length / 2);
      for (let at = 0; at < half; at++) counts[at] = (counts[2 * at] ?? 0) + (counts[2 * at + 1] ?? 0);
      counts.length = half;
    }
  }
}
