/**
 * Which answers say how many further requests their server takes. Apart from what reads that, because hardly any do, and each
 * is asked.
 *
 * @module
 */

import type { AnswerHeaders } from "../core/answer.ts";

/** The names under which it is said: RateLimit, RateLimit-Remaining and X-RateLimit-Remaining. */
const NAMES = ["ratelimit", "ratelimit-remaining", "x-ratelimit-remaining"] as const;

/** What all of those names begin with, perhaps after `x-`. */
const PART = "ratelimit";

/** Whether headers may say how many further requests their server takes. */
export function isRateLimited(headers: AnswerHeaders): boolean {
  if (headers.mentions) return headers.mentions(PART);
  return headers.has(NAMES[0]) || headers.has(NAMES[1]) || headers.has(NAMES[2]);
}
