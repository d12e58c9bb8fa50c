/**
 * What the outcome of a request says about its host.
 *
 * @module
 */

import type { Outcome } from "../core/outcome.ts";
import type { RetryOn } from "../core/settings.ts";
import { isTransient, isUnreachable, meaningOf } from "./failure.ts";
import type { Ended } from "./host.ts";
import { isNeverBegun } from "./never_begun.ts";

/**
 * Reads an outcome as its host's limits do.
 *
 * @param outcome How a request ended.
 * @param retryOn Which statuses are retried besides those that may pass by themselves. Default: no further ones.
 * @returns Whether the host answered, and whether it asked to be left alone.
 */
export function hostSignal(outcome: Outcome, retryOn?: RetryOn): Ended {
  const failed = outcome.result === "failed" ? outcome : undefined;
  const isReached = outcome.status !== undefined || outcome.result === "done";
  const isUnreached = failed && isUnreachable(failed) && !isNeverBegun(failed);
  const retryAfterMs = failed && isTransient(failed, retryOn) ? failed.retryAfterMs : undefined;
  const meaning = meaningOf(failed);
  const ended: Ended = {
    as: isReached ? "answered" : isUnreached ? "unreachable" : "unknown",
    isOverload: meaning === "overload" || retryAfterMs !== undefined,
    isGatewayError: meaning === "gateway",
    isNowhere: failed?.kind === "dns" && !isTransient(failed),
    retryAfterMs,
  };
  if (outcome.quota) ended.quota = outcome.quota;
  return ended;
}
