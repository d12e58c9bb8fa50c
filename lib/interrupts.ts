/**
 * Ctrl-C: the first one ends the run in good order, the second one at once.
 *
 * @module
 */

/** Listens to the signals that ask a process to end. */
export class Interrupts implements Disposable {
  /** The exit code of the signal that came, 128 + its number; `undefined` while none has. */
  code: number | undefined;
  readonly #aborter = new AbortController();
  readonly #listeners: [Deno.Signal, () => void][] = [["SIGINT", () => this.#came(130)]];

  /** Starts listening. */
  constructor() {
    if (Deno.build.os !== "windows") this.#listeners.push(["SIGTERM", () => this.#came(143)]);
    for (const [signal, listener] of this.#listeners) Deno.addSignalListener(signal, listener);
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#aborter.signal;
  }

  /** Stops listening. */
  [Symbol.dispose](): void {
    for (const [signal, listener] of this.#listeners) Deno.removeSignalListener(signal, listener);
  }

  #came(code: number): void {
    if (this.code !== undefined) Deno.exit(code);
    this.code = code;
    this.#aborter.abort();
  }
}
