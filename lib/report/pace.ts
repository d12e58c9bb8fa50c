/**
 * How fast a run goes now, from what was counted in the last few seconds; its whole past would hide a server that slows.
 *
 * @module
 */

/** Milliseconds that "how fast" looks back: long enough for one page per second, short enough to see a server slow down. */
export const PACE_WINDOW_MS = 10_000;

/** Measures how fast a counter grows. */
export class Pace {
  readonly #samples: { at: number; count: number }[];

  /**
   * Starts to measure.
   *
   * @param now The time of the start in milliseconds, when the count is 0.
   */
  constructor(now: number) {
    this.#samples = [{ at: now, count: 0 }];
  }

  /**
   * Notes the count and says how fast it has grown within `PACE_WINDOW_MS`, or since the sample before if that is longer ago.
   * The time until the first count isn't a part of it, since it comes only once.
   *
   * @param now The time in milliseconds.
   * @param count The count at that time.
   * @returns Counts per second; 0 while nothing can be said.
   */
  sample(now: number, count: number): number {
    const samples = this.#samples;
    if (count === 0) {
      samples.splice(0, Infinity, { at: now, count });
      return 0;
    }
    samples.push({ at: now, count });
    while (samples.length > 2 && samples[1].at <= now - PACE_WINDOW_MS) samples.shift();
    const [first] = samples;
    return now > first.at ? (count - first.count) / (now - first.at) * 1_000 : 0;
  }
}
