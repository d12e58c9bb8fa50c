/**
 * Waiting, but not for ever.
 *
 * @module
 */

import { after } from "../core/timer.ts";

/**
 * Waits for a promise, but no longer than a time.
 *
 * @param ms Milliseconds.
 * @param promise What to wait for; it goes on when the time is over.
 * @throws What the promise is rejected with within the time.
 */
export async function atMost(ms: number, promise: Promise<unknown>): Promise<void> {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  await Promise.race([promise, over]).finally(after(ms, resolve));
}
