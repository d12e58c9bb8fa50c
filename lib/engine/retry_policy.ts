/**
 * Whether a job that has failed is tried again, and how long after.
 *
 * @module
 */

import { RETRY_MAX_TIME_MS } from "../../constants.ts";
import type { Failed } from "../core/outcome.ts";
import type { RetryOn } from "../core/settings.ts";
import { backoff } from "./backoff.ts";
import { isTransient } from "./failure.ts";
import { isNeverBegun, MAX_NEVER_BEGUN, MAX_NEVER_BEGUN_BACKOFF_MS, NEVER_BEGUN_BACKOFF_MS } from "./never_begun.ts";
import { RetryBudget } from "./retry_budget.ts";

/** What a {@linkcode RetryPolicy} goes by. */
export interface RetryOptions {
  /** Further attempts after a first one failed in a way that is retryable. */
  retries: number;
  /** Statuses that are retried besides those that always are, or that none is. Default: no further ones. */
  retryOn?: RetryOn;
  /** Milliseconds that a host may be away, or refuse requests, without that taking up retries. Default: `RETRY_MAX_TIME_MS`. */
  retryMaxTimeMs?: number;
  /** Milliseconds: the first retry waits a random time up to this, each further one up to twice as long. */
  backoffMs: number;
}

/** What the policy remembers of a job, once that has failed. */
export interface Retried {
  /** How often it may be tried again. */
  budget?: RetryBudget;
  /** Whether an attempt brought other bytes than its SHA-256 says. */
  mismatched?: boolean;
  /** How often its request was never begun. */
  neverBegun?: number;
}

/** When a job is tried again. */
export interface NextAttempt {
  /** Milliseconds to wait before. */
  inMs: number;
  /** Whether the last one doesn't count as an attempt, because no server began to work on it. */
  isSameAttempt: boolean;
}

/** Decides about further attempts. */
export class RetryPolicy {
  readonly #options: RetryOptions;

  /**
   * Makes a policy.
   *
   * @param options What it goes by.
   */
  constructor(options: RetryOptions) {
    this.#options = options;
  }

  /**
   * Decides about a job that has failed.
   *
   * @param job What is remembered of the job; it is noted there.
   * @param failed How it failed.
   * @param isHosts Whether that was because of its host.
   * @returns Undefined when it isn't tried again.
   */
  next(job: Retried, failed: Failed, isHosts: boolean): NextAttempt | undefined {
    const { neverBegun = 0 } = job;
    if (isNeverBegun(failed) && neverBegun < MAX_NEVER_BEGUN) {
      job.neverBegun = neverBegun + 1;
      const bounds = { baseMs: NEVER_BEGUN_BACKOFF_MS, maxMs: MAX_NEVER_BEGUN_BACKOFF_MS };
      return { inMs: backoff(job.neverBegun, bounds), isSameAttempt: true };
    }
    const { retries, retryOn, retryMaxTimeMs = RETRY_MAX_TIME_MS, backoffMs } = this.#options;
    if (!isTransient(failed, retryOn) && !isFirstMismatch(job, failed)) return undefined;
    job.budget ??= new RetryBudget({ retries, retryMaxTimeMs });
    if (!job.budget.allows(failed, { isHosts, now: performance.now() })) return undefined;
    const waitMs = backoff(job.budget.tries, { baseMs: backoffMs });
    return { inMs: Math.max(waitMs, failed.retryAfterMs ?? 0), isSameAttempt: false };
  }
}

/**
 * Whether a body has other bytes than its SHA-256 says for the first time: it may have been damaged on the way, or before it
 * was continued, and is fetched once more from its beginning.
 */
function isFirstMismatch(job: Retried, { kind }: Failed): boolean {
  if (kind !== "checksum" || job.mismatched) return false;
  return job.mismatched = true;
}
