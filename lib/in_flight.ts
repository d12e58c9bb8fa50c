/**
 * From what began and ended when to how many requests were on their way.
 *
 * @module
 */

import type { TimelineData } from "./timeline.ts";

/**
 * How many requests were in flight at each moment.
 *
 * @param timeline What began and ended in each bin of time.
 * @returns The second at which each bin ends, and how many were in flight during it at most.
 */
export function inFlightOverTime({ binMs, started, ended }: TimelineData): [seconds: number, count: number][] {
  let inFlight = 0;
  return started.map((begun, bin) => {
    const most = Math.max(inFlight, inFlight + begun - ended[bin]);
    inFlight += begun - ended[bin];
    return [(bin + 1) * binMs / 1_000, most];
  });
}
