/**
 * Outcomes on their way from a worker. Most are pages that came as they should, and all there is to say about those are
 * numbers: in one piece of memory that changes hands, they cost a third of what copying objects does, which is 3 us each.
 *
 * @module
 */

import { splitCredentials } from "../core/credentials.ts";
import type { Job } from "../core/download.ts";
import type { Done, Outcome } from "../core/outcome.ts";

/** Outcomes, as a worker sends them. */
export interface PackedOutcomes {
  /** Those that are only numbers, {@linkcode NUMBERS} each. Default: none. */
  pages?: Float64Array<ArrayBuffer>;
  /** The others. */
  outcomes: Outcome[];
}

/** The numbers of an outcome: id, attempts, startedAt, firstByteMs, totalMs, status, bytes, value. */
const NUMBERS = 8;

/** The fields of an outcome that is only numbers, but for the URL, which its job has. */
const FIELDS = new Set([
  ...["result", "id", "url", "attempts", "startedAt", "firstByteMs", "totalMs", "status", "bytes", "value"],
]);

/**
 * Packs outcomes.
 *
 * @param ended The outcomes.
 * @returns The same, to be sent: of `pages`, the memory may be transferred.
 */
export function packOutcomes(ended: readonly Outcome[]): PackedOutcomes {
  const outcomes: Outcome[] = [];
  let pages = new Float64Array(ended.length * NUMBERS);
  let at = 0;
  for (const outcome of ended) {
    if (!isPage(outcome)) {
      outcomes.push(outcome);
      continue;
    }
    pages[at++] = outcome.id;
    pages[at++] = outcome.attempts;
    pages[at++] = outcome.startedAt;
    pages[at++] = outcome.firstByteMs;
    pages[at++] = outcome.totalMs;
    pages[at++] = outcome.status;
    pages[at++] = outcome.bytes;
    pages[at++] = outcome.value;
  }
  if (at === 0) return { outcomes };
  if (at < pages.length) pages = pages.slice(0, at);
  return { pages, outcomes };
}

/**
 * Unpacks outcomes.
 *
 * @param packed What a worker sent.
 * @param jobOf The job that has a number.
 * @yields The outcomes.
 * @throws {Error} If there is no such job.
 */
export function* unpackOutcomes(
  { pages = new Float64Array(), outcomes }: PackedOutcomes,
  jobOf: (id: number) => Job | undefined,
): Generator<Outcome, void> {
  for (let at = 0; at < pages.length; at += NUMBERS) {
    const job = jobOf(pages[at]);
    if (job === undefined) throw new Error(`A worker has ended job ${pages[at]}, which it doesn't have`);
    yield {
      result: "done",
      id: job.id,
      url: splitCredentials(job.url).url,
      attempts: pages[at + 1],
      startedAt: pages[at + 2],
      firstByteMs: pages[at + 3],
      totalMs: pages[at + 4],
      status: pages[at + 5],
      bytes: pages[at + 6],
      value: pages[at + 7],
    };
  }
  yield* outcomes;
}

type Page = Done & Required<Pick<Done, "firstByteMs" | "status" | "value">>;

function isPage(outcome: Outcome): outcome is Page {
  if (outcome.result !== "done" || outcome.value === undefined) return false;
  if (outcome.firstByteMs === undefined || outcome.status === undefined) return false;
  for (const field in outcome) if (!FIELDS.has(field)) return false;
  return true;
}
