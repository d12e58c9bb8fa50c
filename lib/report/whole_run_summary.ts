/**
 * The summary of a run on many machines, in the words of a run on one.
 *
 * @module
 */

import type { WholeRun } from "../cluster/whole_run.ts";
import type { SummaryFacts } from "./summary_text.ts";

/** What a whole run came to. */
export type WholeRunSummary = SummaryFacts;

/**
 * Sums up a whole run.
 *
 * @param run How it stands.
 * @param ended How this machine's part of it ended.
 * @returns What it came to, for the lines and the JSON of every run.
 */
export function wholeRunSummary(
  run: WholeRun,
  ended: { interrupted: boolean; stopped?: { why: string; exitCode: number }; badLines?: number },
): WholeRunSummary {
  const { found, isPublished, totals: { done, skipped, failed, bytes }, figures, failures, seconds } = run;
  const { requests, retries, duplicates, unwanted, value } = figures;
  return {
    ...{ asked: found, done, skipped, failed, notStarted: found - done - skipped - failed },
    ...{ value: String(value), seconds, requests, retries, bytes },
    ...ended,
    unread: !isPublished,
    duplicates,
    ...unwanted > 0 && { unwanted },
    firstByteMs: figures.firstByte.percentiles(),
    totalMs: figures.total.percentiles(),
    failures,
  };
}
