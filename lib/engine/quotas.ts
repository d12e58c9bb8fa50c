/**
 * What hosts say of further requests (RateLimit headers), on its way from answers to the outcomes of their attempts.
 *
 * Loaded with the first answer that says anything, because most servers don't.
 *
 * @module
 */

import type { Answer } from "../core/answer.ts";
import type { Quota } from "../core/outcome.ts";
import { readRateLimit } from "../http/rate_limit.ts";
import type { Attempt } from "./attempt.ts";

/** What was said to the attempts of one isolate. */
export class Quotas {
  readonly #quotas = new Map<Attempt, Quota>();

  /** Notes what an answer says. Where redirects have led to another host, it says nothing of the one that was asked for. */
  note(attempt: Attempt, { headers }: Pick<Answer, "headers">): void {
    const { url, finalUrl } = attempt;
    if (finalUrl !== undefined && new URL(finalUrl).host !== new URL(url).host) return;
    const quota = readRateLimit(headers);
    if (quota) this.#quotas.set(attempt, quota);
  }

  /** Takes what was said to an attempt, once it has ended; undefined for nothing. */
  take(attempt: Attempt): Quota | undefined {
    const quota = this.#quotas.get(attempt);
    if (quota) this.#quotas.delete(attempt);
    return quota;
  }
}
