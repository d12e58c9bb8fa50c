/**
 * How fast a lane was, and what it would have taken for the pages that it didn't get to.
 *
 * @module
 */

import type { RunFacts } from "../events.ts";

/** What there must be of a run to say how fast it is. */
export type Pace = Pick<RunFacts, "done" | "seconds">;

/** Pages per second. */
export function speed({ done, seconds }: Pace): number {
  return seconds > 0 ? done / seconds : 0;
}

/** How many times as many pages per second one had as another; `undefined` where the other had none yet. */
export function factor(pace: Pace, base: Pace | undefined): number | undefined {
  return base && speed(base) > 0 ? speed(pace) / speed(base) : undefined;
}

/**
 * What a run that was stopped would have taken for all of its pages, if it had gone on as it began.
 *
 * @param facts What it came to.
 * @returns Seconds; `undefined` of one that was through, or got nothing.
 */
export function extrapolatedSeconds(
  { asked, ...pace }: Pick<RunFacts, "asked" | "stopped"> & Pace,
): number | undefined {
  return pace.stopped && speed(pace) > 0 ? asked / speed(pace) : undefined;
}
