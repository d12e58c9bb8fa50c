/** Waiting for what is under way, without a clock where that can be. */

/** One turn of the event loop: whatever needs no more than promises has happened then. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Several turns. */
export async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await turn();
}

/** A while, by the clock. While turns are taken, Deno doesn't look for what has arrived on sockets. */
export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until something holds that needs no sockets. Returns whether it did within the time. */
export async function until(holds: () => boolean, ms: number): Promise<boolean> {
  const start = performance.now();
  for (let n = 0; !holds(); n++) {
    if (performance.now() - start > ms) return false;
    await (n < 100 ? turn() : wait(2));
  }
  return true;
}
