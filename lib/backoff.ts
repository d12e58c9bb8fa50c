/**
 * How long to wait before trying again.
 *
 * @module
 */

import { BACKOFF_FIRST_MS, BACKOFF_MOST_MS } from "../constants.ts";

/** What a {@linkcode backoff} depends on. */
export interface BackoffOptions {
  /** The longest wait before the first retry, in milliseconds. Default: {@linkcode BACKOFF_FIRST_MS}. */
  firstMs?: number;
  /** The longest wait before any retry, in milliseconds. Default: {@linkcode BACKOFF_MOST_MS}. */
  mostMs?: number;
  /** Returns a number from 0 up to but not 1. Default: `Math.random`. */
  random?: () => number;
}

/**
 * The wait after a failed attempt: random between nothing and a limit that doubles from attempt to attempt ("full
 * jitter", https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/). A thousand downloads that failed
 * together so come back spread out, not together again.
 *
 * @param attempt The attempt that failed: 1 for the first.
 * @param options Its limits and its chance.
 * @returns Milliseconds to wait.
 */
export function backoff(attempt: number, options: BackoffOptions = {}): number {
  const { firstMs = BACKOFF_FIRST_MS, mostMs = BACKOFF_MOST_MS, random = Math.random } = options;
  return random() * Math.min(mostMs, firstMs * 2 ** (attempt - 1));
}
