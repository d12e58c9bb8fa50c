/** Waiting for what is under way, without a clock where that can be. */

/** One turn of the event loop: whatever needs no more than promises has happened then. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Several turns. */
export async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await turn();
}

/** Waits until something holds. Returns whether it did within the time. */
export async function until(holds: () => boolean, ms: number): Promise<boolean> {
  const start = performance.now();
  for (let n = 0; !holds(); n++) {
    if (performance.now() - start > ms) return false;
    await (n < 100 ? turn() : new Promise((resolve) => setTimeout(resolve, 2)));
  }
  return true;
}
