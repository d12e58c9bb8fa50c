/**
 * What a run came to, in words.
 *
 * @module
 */

import { formatBytes } from "../core/format_bytes.ts";
import { formatCount } from "../core/format_count.ts";
import { formatSeconds } from "../core/format_seconds.ts";
import type { Percentiles } from "../metrics/latencies.ts";
import type { Summary } from "../metrics/summary.ts";
import { skipsText } from "./skips_text.ts";

/** What of a summary is said in words: all but what only one process can say of itself. */
export type SummaryFacts = Omit<Summary, "strategy" | "peakInFlight" | "peakMemoryBytes" | "cpuSeconds" | "timeline">;

/**
 * The one line on standard output, in the shape of the original demonstration.
 *
 * @param summary What the run came to.
 * @returns For example `computed value 4950 for 100 trials in 1.06s`.
 */
export function resultLine(summary: SummaryFacts): string {
  const { asked, done, value, seconds } = summary;
  const trials = done === asked ? `${asked}` : `${done} of ${asked}`;
  return `computed value ${value} for ${trials} trials in ${seconds.toFixed(2)}s`;
}

/**
 * The one line on standard output of a run that is about files.
 *
 * @param summary What the run came to.
 * @param options Whether bodies were saved, or only read.
 * @returns For example `downloaded 9,998 of 10,000 files (97.6 MB) in 3.21 s`, or, when there is something to skip,
 * `downloaded 4 of 10 files (40 KB) in 20 ms, 5 were there already, 1 was listed twice`.
 */
export function filesLine(summary: SummaryFacts, { saved }: { saved: boolean }): string {
  const { asked, done, bytes, seconds } = summary;
  const count = done === asked ? formatCount(done) : `${formatCount(done)} of ${formatCount(asked)}`;
  const things = `${saved ? "file" : "URL"}${asked === 1 ? "" : "s"}`;
  const what = `${saved ? "downloaded" : "read"} ${count} ${things}`;
  return [`${what} (${formatBytes(bytes)}) in ${formatSeconds(seconds)}`, ...skipsText(summary)].join(", ");
}

/**
 * How long requests took and how many there were, for standard error.
 *
 * @param summary What the run came to, with the times of its requests.
 * @returns Lines; none when there was no request.
 */
export function timesLines({ requests, retries, seconds, firstByteMs, totalMs }: SummaryFacts): string[] {
  if (totalMs === undefined) return [];
  const again = retries > 0 ? `, ${formatCount(retries)} of them retries` : "";
  return [
    `${formatCount(requests)} request${requests === 1 ? "" : "s"}${again}, ${
      formatCount(requests / seconds)
    } per second`,
    ...firstByteMs ? [`first byte after ${percentilesText(firstByteMs)}`] : [],
    `whole after ${percentilesText(totalMs)}`,
  ];
}

function percentilesText({ p50, p90, p99, max }: Percentiles): string {
  const ms = (value: number) => formatSeconds(value / 1_000);
  return `${ms(p50)} (p50), ${ms(p90)} (p90), ${ms(p99)} (p99), ${ms(max)} (max)`;
}

/**
 * What went wrong, for standard error: a line for each kind of failure, one for what was not tried.
 *
 * @param summary What the run came to.
 * @returns Lines; none when everything was downloaded.
 */
export function problemLines(summary: SummaryFacts): string[] {
  const lines = summary.failures.map(({ kind, count, example }) =>
    `${count} failed (${kind}), for example ${example.url}: ${example.message}`
  );
  const { interrupted, stopped, notStarted, unread, badLines = 0 } = summary;
  if (badLines > 0) {
    lines.push(`${badLines} ${badLines === 1 ? "line" : "lines"} of the list skipped: not URLs`);
  }
  if (interrupted || stopped || notStarted > 0) {
    const how = interrupted ? "interrupted" : stopped ? `ended early, because ${stopped.why},` : "ended early";
    const rest = unread ? ", and the rest of the list not read" : "";
    lines.push(`${how} after ${formatSeconds(summary.seconds)}: ${notStarted} not started${rest}`);
  }
  return lines;
}
