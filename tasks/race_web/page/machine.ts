/**
 * The machine that the race runs on, and how it ran: what a reader must know to believe the numbers.
 *
 * @module
 */

import { formatCount } from "../../../lib/core/format_count.ts";
import type { Choice } from "../choices.ts";
import type { Machine } from "../events.ts";
import { extrapolatedSeconds } from "./speed.ts";
import type { Results } from "./verdict.ts";
import { count, list, NAMES, sayDelay } from "./words.ts";

/** Load beside which the race's own processes have to wait for a core: they keep up to two cores busy. */
const BUSY_SHARE = 0.5;

/** The machine in a line. */
export function sayMachine({ cores, load, deno }: Machine): string {
  return [`Deno ${deno}`, count(cores, "core"), ...load === undefined ? [] : [`load ${load} in the last minute`]].join(
    " · ",
  );
}

/** What {@linkcode conditions} tells of. */
export interface Conditions {
  /** What was raced over. */
  choice: Choice;
  /** What each lane came to. */
  results: Results;
  /** The machine as it was before the race. */
  before: Machine | undefined;
  /** The machine as it was after it. */
  after: Machine;
}

/** How the race was run, what of it isn't measured, and what can't be known. */
export function conditions({ choice, results, before, after }: Conditions): string {
  const stopped = Object.entries(results).filter(([, facts]) => extrapolatedSeconds(facts) !== undefined);
  const names = list(stopped.map(([lane]) => NAMES[lane as keyof Results]));
  const load = before?.load;
  return [
    `Each ran alone, in a process of its own against a website process of its own that waits ${
      sayDelay(choice.delayMs)
    }, and all are shown from the same start. Website and lane share ${count(after.cores, "core")}.`,
    load === undefined ? "" : `Load of the machine: ${load} before the race, ${after.load} after it.`,
    load !== undefined && load > after.cores * BUSY_SHARE
      ? "Others were using it, too: on a quiet machine these times are shorter."
      : "",
    stopped.length > 0
      ? `${names} ${stopped.length === 1 ? "was" : "were"} stopped before all ${
        formatCount(choice.pages)
      } pages: hatched times are extrapolated from the speed until then, and their bars end where the cell does.`
      : "",
    "× counts how many times as many pages per second as simple; bars are linear within a column. A page can’t see its browser’s isolates, memory and CPU time: –.",
  ].filter(Boolean).join(" ");
}
