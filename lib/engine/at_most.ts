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
 * @returns Whether it was kept within the time.
 * @throws What it is rejected with within the time.
 */
export async function atMost(ms: number, promise: Promise<unknown>): Promise<boolean> {
  const { promise: over, resolve } = Promise.withResolvers<boolean>();
  return await Promise.race([promise.then(() => true), over]).finally(after(ms, () => resolve(false)));
}
