/**
 * How often one download is tried again: as often as it may be, not counting the attempts that failed because of its host,
 * nor those that brought it forward.
 *
 * @module
 */

import { KEEP_PARTIAL_FROM } from "../../constants.ts";
import type { Failed } from "../core/outcome.ts";

/** What a {@linkcode RetryBudget} is made with. */
export interface RetryBudgetOptions {
  /** Further attempts after a first one failed. With 0, no failure is tried again, whatever it was. */
  retries: number;
  /** Milliseconds in which failures that are the host's take up none of them. */
  retryMaxTimeMs: number;
}

/** The retries of one download that has failed. */
export class RetryBudget {
  readonly #options: RetryBudgetOptions;
  #spent = 0;
  #tries = 0;
  /** Bytes of its body that have been kept at most. */
  #kept = 0;
  #sparedSince = Infinity;

  /**
   * Makes a budget of which nothing has been spent.
   *
   * @param options How large it is.
   */
  constructor(options: RetryBudgetOptions) {
    this.#options = options;
  }

  /** Attempts that have failed since one brought the download forward: what its next wait goes by. */
  get tries(): number {
    return this.#tries;
  }

  /**
   * Whether there is a retry for an attempt that failed for a reason that may pass.
   *
   * An attempt takes up none if it has brought at least `KEEP_PARTIAL_FROM` bytes that the next one needn't fetch again: so
   * a body of known length is there after so many attempts as it has such parts, and one byte an attempt isn't enough.
   * Nor does one that failed because of its host, for as long as a host is waited for.
   *
   * @param failed How it failed.
   * @param attempt Whether that was because of the host, and the time in milliseconds.
   */
  allows(failed: Failed, { isHosts, now }: { isHosts: boolean; now: number }): boolean {
    const { retries, retryMaxTimeMs } = this.#options;
    if (retries === 0) return false;
    this.#tries++;
    const { keptBytes = 0 } = failed;
    if (keptBytes >= this.#kept + KEEP_PARTIAL_FROM) {
      this.#kept = keptBytes;
      this.#tries = 1;
      return true;
    }
    if (isHosts) {
      this.#sparedSince = Math.min(this.#sparedSince, now);
      if (now - this.#sparedSince < retryMaxTimeMs) return true;
    }
    return ++this.#spent <= retries;
  }
}
