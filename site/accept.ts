/**
 * The connections of a listener of our own, as long as it is open.
 *
 * @module
 */

import { delay } from "@std/async/delay";

/** Milliseconds until accepting is tried again. */
const AGAIN_MS = 50;

/** What accepts connections. */
export interface Acceptor<C> {
  /** Resolves with the next one. */
  accept(): Promise<C>;
}

/**
 * Accepts until it is told to stop. An accept that fails, as it does when file descriptors run out, is tried again.
 *
 * @param listener Where they come from.
 * @param options `take`: called with each; `isClosed`: whether a failure means the end; `onTrouble`: called with any other.
 */
export async function acceptAll<C>(
  listener: Acceptor<C>,
  options: { take: (connection: C) => void; isClosed: () => boolean; onTrouble?: (error: unknown) => void },
): Promise<void> {
  const { take, isClosed, onTrouble } = options;
  while (!isClosed()) {
    try {
      take(await listener.accept());
    } catch (error) {
      if (isClosed()) return;
      onTrouble?.(error);
      await delay(AGAIN_MS);
    }
  }
}
