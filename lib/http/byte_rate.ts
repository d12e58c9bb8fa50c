/**
 * How many bytes per second may arrive in all isolates together: one clock in shared memory, which is moved on by the time
 * that bytes may take (GCRA, as the rate limiter of a host does for requests).
 *
 * A body pays before it reads, for no more than its share of a tenth of a second, and gets back what it didn't read. So
 * neither a burst at the start, nor many that wait for slow servers, make the rate another.
 *
 * @module
 */

/** Milliseconds of the rate that all bodies together may have paid for in advance. */
const AHEAD_MS = 100;

/** Bytes that a body pays for at once at least and at most. */
const [LEAST, MOST] = [256, 2 ** 16];

/** Milliseconds that aren't worth a timer. */
const SOON_MS = 2;

/** Milliseconds that may be made up for, when nothing was read for a while. */
const IDLE_MS = 20;

/** Microseconds, the unit of the shared clock. */
const US_PER_MS = 1_000;

/** What a {@linkcode ByteRate} tells the time by. */
export interface Clock {
  /** Milliseconds, the same in every isolate. */
  now(): number;
  /** Waits, or throws the signal's reason as soon as it is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

const CLOCK: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  sleep(ms, signal) {
    return new Promise((resolve, reject) => {
      const abort = () => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener("abort", abort);
        resolve();
      }, ms);
      signal.addEventListener("abort", abort, { once: true });
      if (signal.aborted) abort();
    });
  },
};

/** Makes what isolates share: until when the bytes that were paid for take, and how many bodies are read. */
export function makeByteClock(): SharedArrayBuffer {
  return new SharedArrayBuffer(2 * BigInt64Array.BYTES_PER_ELEMENT);
}

/** Bounds how many bytes arrive, together with others of the same clock. */
export class ByteRate {
  readonly #shared: BigInt64Array;
  readonly #perMs: number;
  readonly #clock: Clock;

  /**
   * Lets as many bytes arrive as the others leave.
   *
   * @param shared What all isolates share, from {@linkcode makeByteClock}.
   * @param perSecond Bytes per second in all of them, more than 0.
   * @param clock What tells the time. Default: the system.
   */
  constructor(shared: SharedArrayBuffer, perSecond: number, clock: Clock = CLOCK) {
    this.#shared = new BigInt64Array(shared);
    this.#perMs = perSecond / 1_000;
    this.#clock = clock;
  }

  /** Begins to read a body. */
  enter(): void {
    Atomics.add(this.#shared, 1, 1n);
  }

  /** Ends a body. */
  leave(): void {
    Atomics.sub(this.#shared, 1, 1n);
  }

  /** Gives back what was paid for and not read. */
  refund(bytes: number): void {
    Atomics.sub(this.#shared, 0, this.#us(bytes));
  }

  /**
   * Pays for bytes.
   *
   * @param wanted How many at most, 1 or more.
   * @param waiting What to call when it takes a while, and what ends it.
   * @returns How many may be read now.
   * @throws The signal's reason.
   */
  async pay(wanted: number, { signal, onWait }: { signal: AbortSignal; onWait: () => void }): Promise<number> {
    const bodies = Math.max(1, Number(Atomics.load(this.#shared, 1)));
    const share = Math.floor(this.#perMs * AHEAD_MS / bodies);
    const bytes = Math.min(wanted, Math.max(LEAST, Math.min(MOST, share)));
    const now = BigInt(Math.round(this.#clock.now() * US_PER_MS));
    const waitMs = Number(this.#reserve(now, this.#us(bytes)) - now) / US_PER_MS;
    if (waitMs > SOON_MS) {
      onWait();
      await this.#clock.sleep(waitMs, signal);
    }
    return bytes;
  }

  /** Moves the clock on, and says from when on the time is free that it was moved by. */
  #reserve(now: bigint, us: bigint): bigint {
    const earliest = now - BigInt(IDLE_MS * US_PER_MS);
    while (true) {
      const before = Atomics.load(this.#shared, 0);
      const from = before > earliest ? before : earliest;
      if (Atomics.compareExchange(this.#shared, 0, before, from + us) === before) return from;
    }
  }

  #us(bytes: number): bigint {
    return BigInt(Math.round(bytes / this.#perMs * US_PER_MS));
  }
}
