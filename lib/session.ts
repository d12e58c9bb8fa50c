/**
 * What all attempts of one isolate share: the settings, the deadlines, and the signal that ends them.
 *
 * @module
 */

import { Deadlines } from "./deadlines.ts";
import type { Settings } from "./settings.ts";

/** What all attempts of one isolate share, for as long as a run lasts. */
export class Session implements Disposable {
  /** How to download. */
  readonly settings: Settings;
  /** Ends every attempt, and lets no other begin. */
  readonly signal: AbortSignal;
  /** Watches the attempts in flight. */
  readonly deadlines: Deadlines;

  /**
   * Listens to the signal.
   *
   * @param settings How to download.
   * @param signal Ends every attempt when aborted.
   */
  constructor(settings: Settings, signal: AbortSignal) {
    this.settings = settings;
    this.signal = signal;
    this.deadlines = new Deadlines(settings);
    signal.addEventListener("abort", this.#abort);
  }

  /** Stops listening to the signal. */
  [Symbol.dispose](): void {
    this.signal.removeEventListener("abort", this.#abort);
  }

  readonly #abort = (): void => this.deadlines.abortAll(this.signal.reason);
}
