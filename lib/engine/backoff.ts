/**
 * How long to wait before another attempt: exponential backoff with full jitter, so that clients which failed together
 * don't come back together (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 *
 * @module
 */

import { BACKOFF_MS } from "../../constants.ts";

/** Milliseconds a retry's backoff is never longer than: beyond half a minute a person wants to know instead. */
export const MAX_BACKOFF_MS = 30_000;

/** Options of {@linkcode backoff}. */
export interface BackoffOptions {
  /** Milliseconds the first wait is at most. Default: `BACKOFF_MS`. */
  baseMs?: number;
  /** Milliseconds any wait is at most. Default: `MAX_BACKOFF_MS`. */
  maxMs?: number;
  /** A number from 0 up to 1. Default: `Math.random`. */
  random?: () => number;
}

/**
 * The wait after a failed attempt.
 *
 * @param attempt The attempt that failed, from 1.
 * @param options Bounds and the source of randomness.
 * @returns Milliseconds: a random part of `baseMs` doubled with every attempt, and of no more than `maxMs`.
 */
export function backoff(attempt: number, options: BackoffOptions = {}): number {
  const { baseMs = BACKOFF_MS, maxMs = MAX_BACKOFF_MS, random = Math.random } = options;
  const doublings = Math.min(attempt - 1, 1_000); // 2 ** 1024 is Infinity, and 0 times that NaN
  return random() * Math.min(maxMs, baseMs * 2 ** doublings);
}
