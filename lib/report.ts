/**
 * What a run came to, in words.
 *
 * @module
 */

import { formatDuration } from "./duration.ts";
import type { Summary } from "./summary.ts";

/**
 * The one line on standard output, in the shape of the original demonstration.
 *
 * @param summary What the run came to.
 * @returns For example `computed value 4950 for 100 trials in 1.06s`.
 */
export function resultLine(summary: Summary): string {
  const { asked, done, value, seconds } = summary;
  const trials = done === asked ? `${asked}` : `${done} of ${asked}`;
  return `computed value ${value} for ${trials} trials in ${seconds.toFixed(2)}s`;
}

/**
 * What went wrong, for standard error: a line for each kind of failure, one for what was not tried.
 *
 * @param summary What the run came to.
 * @returns Lines; none when everything was downloaded.
 */
export function problemLines(summary: Summary): string[] {
  const lines = summary.failures.map(({ kind, count, example }) =>
    `${count} failed (${kind}), for example ${example.url}: ${example.message}`
  );
  if (summary.notStarted > 0) {
    const why = summary.interrupted ? "interrupted" : "ended early";
    lines.push(`${why} after ${formatDuration(summary.seconds * 1_000)}: ${summary.notStarted} not started`);
  }
  return lines;
}
