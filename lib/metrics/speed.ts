/**
 * How fast a strategy was, by itself and beside `simple`.
 *
 * @module
 */

import type { Summary } from "./summary.ts";

/** What a strategy came to, and its idea in a few words. */
export interface Result {
  /** The strategy's idea. */
  about: string;
  /** What it came to. */
  summary: Summary;
}

/** What there must be of a run to say how fast it was. */
export type Speed = Pick<Summary, "done" | "seconds">;

/**
 * Pages downloaded per second.
 *
 * @param summary What a run came to.
 * @returns 0 for a run of nothing.
 */
export function pagesPerSecond({ done, seconds }: Speed): number {
  return done === 0 ? 0 : done / seconds;
}

/**
 * How many times as many pages per second as `simple` each strategy downloaded. With the same number of trials for all,
 * that is how many times faster it was.
 *
 * @param summaries What the strategies came to.
 * @returns A factor for each; `undefined` where `simple` isn't among them or downloaded nothing.
 */
export function timesFaster(summaries: readonly (Speed & Pick<Summary, "strategy">)[]): (number | undefined)[] {
  const simple = summaries.find(({ strategy }) => strategy === "simple");
  const base = simple ? pagesPerSecond(simple) : 0;
  return summaries.map((summary) => base > 0 ? pagesPerSecond(summary) / base : undefined);
}
