/**
 * How long a session may still do what. It counts from when the last renewal was sent that the broker confirmed: the broker
 * can't have begun to count before that.
 *
 * A machine that was asleep has a monotonic clock that stood still, and one whose clock was set has another that jumped. So
 * both are asked, and the one counts by which more time has passed.
 *
 * @module
 */

/** Milliseconds after which a session that hasn't been renewed is gone at the broker. */
export const GONE_MS = 15_000;

/** The part of that after which nothing may be started: 10 s. */
const START_NOTHING = 10 / 15;

/** The part of it after which what is in flight must be aborted: 13 s, 2 s before others can take it over. */
const ABORT = 13 / 15;

/** What a session may do: everything; finish what is in flight; nothing; nothing, and never again under its name. */
export type LeaseState = "held" | "draining" | "aborted" | "gone";

/** A moment, by two clocks. */
export interface Moment {
  /** Milliseconds that never go back, as of `performance.now()`. */
  monotonic: number;
  /** Milliseconds since the epoch. */
  wall: number;
}

/** The moment it is. */
export function momentNow(): Moment {
  return { monotonic: performance.now(), wall: Date.now() };
}

/** A lease that is renewed, and ends by itself. */
export class Lease {
  readonly #now: () => Moment;
  /** Undefined until the first renewal, and for good once it is gone. */
  #since: Moment | undefined;
  #isAborted = false;
  readonly #ends: readonly [startNothingMs: number, abortMs: number, goneMs: number];

  /**
   * Makes a lease that isn't held yet.
   *
   * @param now The clocks. Default: the machine's.
   * @param goneMs Milliseconds after which the session is gone at the broker. Default: 15,000.
   */
  constructor(now: () => Moment = momentNow, goneMs: number = GONE_MS) {
    this.#now = now;
    this.#ends = [Math.floor(goneMs * START_NOTHING), Math.floor(goneMs * ABORT), goneMs];
  }

  /**
   * Notes that the broker has confirmed it.
   *
   * @param sentAt When what it confirmed was sent: never when the answer came.
   */
  confirmed(sentAt: Moment): void {
    this.#since = sentAt;
    this.#isAborted = false;
  }

  /** Gives it up. */
  end(): void {
    this.#since = undefined;
  }

  /**
   * What may be done now. Ask after every `await` too: any can take longer than the lease.
   *
   * A lease that had to abort stays so until it is renewed, whatever the clocks say.
   */
  get state(): LeaseState {
    const elapsed = this.#elapsed();
    const [startNothingMs, abortMs, goneMs] = this.#ends;
    if (elapsed >= goneMs) {
      this.#since = undefined;
      return "gone";
    }
    if (elapsed >= abortMs) this.#isAborted = true;
    return this.#isAborted ? "aborted" : elapsed >= startNothingMs ? "draining" : "held";
  }

  /** Milliseconds until its state is the next one; Infinity once it is gone. */
  get nextChangeMs(): number {
    const elapsed = this.#elapsed();
    if (elapsed === Infinity) return Infinity;
    return (this.#ends.find((end) => end > elapsed) ?? Infinity) - elapsed;
  }

  #elapsed(): number {
    if (this.#since === undefined) return Infinity;
    const { monotonic, wall } = this.#now();
    return Math.max(monotonic - this.#since.monotonic, wall - this.#since.wall, 0);
  }
}
