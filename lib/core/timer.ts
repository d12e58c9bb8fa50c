/**
 * Timers that cost a run nothing before its first request. Deno loads Node's timers, and 20 modules with them, when
 * `setTimeout`, `setInterval` or `setImmediate` is first named, `clearTimeout` included: 18 ms where an empty script takes
 * 63. `AbortSignal.timeout` takes a timer of Deno's own.
 *
 * For what every run does until its first answer has come. Elsewhere, `setTimeout` is cheaper and better known.
 *
 * @module
 */

/** Has nothing more happen. Does nothing once it has happened. */
export type Cancel = () => void;

/**
 * Calls a function once, after a time. Until then, the process goes on.
 *
 * @param ms Milliseconds.
 * @param then What to call.
 * @returns Cancels it.
 */
export function after(ms: number, then: () => void): Cancel {
  const signal = AbortSignal.timeout(Math.ceil(ms));
  const call = () => then();
  signal.addEventListener("abort", call);
  return () => signal.removeEventListener("abort", call);
}

/** Calls a function again and again, while it is started. Starting and stopping it takes no new timer. */
export class Ticker implements Disposable {
  readonly #ms: number;
  readonly #tick: () => void;
  #isStarted = false;
  /** Aborted at the next tick; after it was stopped, whenever the time is up. */
  #next: AbortSignal | undefined;

  /**
   * Makes one that isn't started.
   *
   * @param ms Milliseconds between two calls, and at most until the first.
   * @param tick What to call.
   */
  constructor(ms: number, tick: () => void) {
    this.#ms = Math.ceil(ms);
    this.#tick = tick;
  }

  /** Starts calling, and keeps the process going. */
  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#wait();
  }

  /** Stops calling. */
  stop(): void {
    if (!this.#isStarted) return;
    this.#isStarted = false;
    this.#next?.removeEventListener("abort", this.#onTime);
  }

  /** Stops calling. */
  [Symbol.dispose](): void {
    this.stop();
  }

  #wait(): void {
    if (this.#next === undefined || this.#next.aborted) this.#next = AbortSignal.timeout(this.#ms);
    this.#next.addEventListener("abort", this.#onTime);
  }

  readonly #onTime = (): void => {
    this.#wait();
    this.#tick();
  };
}
