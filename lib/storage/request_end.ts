/**
 * What ends a request before its time, and the wait between two.
 *
 * @module
 */

/** Ends a request at its deadline, or when the signal does. */
export class RequestEnd implements Disposable {
  readonly #aborter = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #timer: ReturnType<typeof setTimeout>;

  /**
   * Starts the clock.
   *
   * @param deadlineMs Milliseconds that the request may take.
   * @param outer Ends it, too. Default: nothing does.
   */
  constructor(deadlineMs: number, outer?: AbortSignal) {
    this.#outer = outer;
    this.#timer = setTimeout(() => this.#aborter.abort(new Error(`no answer within ${deadlineMs} ms`)), deadlineMs);
    if (outer?.aborted) this.#end();
    else outer?.addEventListener("abort", this.#end);
  }

  /** Aborted when the request is to end. */
  get signal(): AbortSignal {
    return this.#aborter.signal;
  }

  /** Stops the clock. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener("abort", this.#end);
  }

  readonly #end = (): void => this.#aborter.abort(this.#outer?.reason);
}

/**
 * Waits.
 *
 * @param ms Milliseconds.
 * @param signal Ends the waiting, with its reason. Default: nothing does.
 */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener("abort", onAbort, { once: true });
  });
}
