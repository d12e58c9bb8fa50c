/**
 * A strategy that takes part in the race, seen from outside of its worker.
 *
 * @module
 */

import { Meter } from "../lib/core/meter.ts";
import type { Recorded } from "../lib/metrics/summary.ts";
import type { FromRacer, Start, ToRacer } from "./race_worker.ts";
import type { Title } from "./strategies.ts";

/** A strategy in a worker of its own. */
export class Racer implements Disposable {
  /** The strategy. */
  readonly title: Title;
  /** Its progress, as of a moment ago. */
  readonly meter: Meter = new Meter();
  /** What it came to, once it has finished. */
  result: Recorded | undefined;
  /** Resolves when it can start. Rejects if its worker dies first. */
  readonly ready: Promise<void>;
  readonly #worker: Worker;
  readonly #ready = Promise.withResolvers<void>();
  readonly #finished = Promise.withResolvers<Recorded>();

  /** Brings it to the start. */
  constructor(title: Title) {
    this.title = title;
    this.ready = this.#ready.promise;
    this.#finished.promise.catch(() => {}); // whoever waits for it gets the error
    this.#worker = new Worker(new URL("./race_worker.ts", import.meta.url), { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<FromRacer>) => {
      if ("meter" in data) Object.assign(this.meter, data.meter);
      else if ("result" in data) this.#finished.resolve(this.result = data.result);
      else this.#ready.resolve();
    };
    this.#worker.onerror = (event) => {
      event.preventDefault(); // or the error would end this isolate too
      const error = new Error(`${title} died: ${event.message}`);
      this.#ready.reject(error);
      this.#finished.reject(error);
    };
  }

  /**
   * Lets it run.
   *
   * @param start What it downloads.
   * @param signal Ends it in good order when aborted: it says what it has done by then.
   * @returns What it came to.
   * @throws {Error} If its worker dies.
   */
  async run(start: Omit<Start, "title">, signal: AbortSignal): Promise<Recorded> {
    const abort = () => this.#tell({ abort: true });
    signal.addEventListener("abort", abort);
    try {
      this.#tell({ ...start, title: this.title });
      if (signal.aborted) abort();
      return await this.#finished.promise;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** Ends its worker. */
  [Symbol.dispose](): void {
    this.#worker.terminate();
  }

  #tell(message: ToRacer): void {
    this.#worker.postMessage(message);
  }
}
