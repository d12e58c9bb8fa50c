/**
 * How much may be on its way to a bucket at once, so that a slow one fills no memory.
 *
 * @module
 */

/** What may be on its way at most. */
export interface UploadLimits {
  /** Requests. Default: `REQUESTS`. */
  requests?: number;
  /** Bytes of their bodies, in memory; one alone may have more. Default: `BYTES`. */
  bytes?: number;
}

/** Requests at once, in each isolate: so many small objects a far bucket takes about 50 ms for each. */
const REQUESTS = 64;

/** Bytes at once, in each isolate. `fetch` copies them: 32 MiB take about 200 MiB of memory, however many follow. */
const BYTES = 2 ** 25;

interface Waiting {
  bytes: number;
  start: () => void;
}

/** Places for what is on its way, first come, first served. */
export class UploadSlots {
  readonly #most: Required<UploadLimits>;
  readonly #waiting: Waiting[] = [];
  #requests = 0;
  #bytes = 0;

  /**
   * Nothing is on its way yet.
   *
   * @param limits What may be at most.
   */
  constructor({ requests = REQUESTS, bytes = BYTES }: UploadLimits = {}) {
    this.#most = { requests, bytes };
  }

  /**
   * Waits for a place.
   *
   * @param bytes Bytes that are held in memory meanwhile.
   * @param signal Ends the waiting.
   * @returns Gives the place back when it is disposed of.
   */
  async acquire(bytes: number, signal?: AbortSignal): Promise<Disposable> {
    signal?.throwIfAborted();
    if (this.#waiting.length > 0 || !this.#fits(bytes)) await this.#turn(bytes, signal);
    else this.#take(bytes);
    return {
      [Symbol.dispose]: () => {
        this.#requests--;
        this.#bytes -= bytes;
        this.#next();
      },
    };
  }

  #fits(bytes: number): boolean {
    if (this.#requests === 0) return true;
    return this.#requests < this.#most.requests && this.#bytes + bytes <= this.#most.bytes;
  }

  #take(bytes: number): void {
    this.#requests++;
    this.#bytes += bytes;
  }

  #turn(bytes: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(signal?.reason);
        this.#next();
      };
      const start = () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      };
      const waiting = { bytes, start };
      this.#waiting.push(waiting);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  #next(): void {
    for (let [first] = this.#waiting; first && this.#fits(first.bytes); [first] = this.#waiting) {
      this.#waiting.shift();
      this.#take(first.bytes);
      first.start();
    }
  }
}
