/**
 * How far a run is, on standard error, so that standard output holds the result and nothing else.
 *
 * @module
 */

import { PROGRESS_INTERVAL_MS } from "../constants.ts";
import type { Meter } from "./meter.ts";

/** What {@linkcode showProgress} needs to know. */
export interface ProgressOptions {
  /** URLs there are to download. */
  asked: number;
  /** Show nothing. Default: false. */
  quiet?: boolean;
}

/**
 * Prints now and then how far a run is, until disposed of.
 *
 * @param meter The counters of the run.
 * @param options How many URLs there are, and whether to show anything.
 * @returns Ends the showing when disposed of.
 */
export function showProgress(meter: Meter, { asked, quiet = false }: ProgressOptions): Disposable {
  const timer = quiet ? undefined : setInterval(() => {
    console.error(`${meter.ended} of ${asked} done, ${meter.inFlight} in flight, ${meter.failed} failed`);
  }, PROGRESS_INTERVAL_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
