/**
 * How many segments a body comes in: as many as were asked for, or twice as many again and again while that helps.
 *
 * @module
 */

/** Segments at most where nobody said how many: browsers open six connections to a server, aria2 up to 16. */
const MOST_AUTO = 16;

/** Milliseconds over which a speed is measured: long enough for connections to have become as fast as they get. */
const PERIOD_MS = 1_000;

/** Times as fast that twice as many connections must be: twice where each has a limit, once where the line has. */
const GAIN = 1.25;

/** Says how many there may be. */
export class SegmentCount {
  /** How many there may be now. */
  limit: number;
  #isSettled: boolean;
  #before = 0;
  #since = 0;
  #bytes = 0;

  /**
   * Begins with all that were asked for, or one.
   *
   * @param asked How many may be had.
   */
  constructor(asked: number | "auto") {
    this.#isSettled = asked !== "auto";
    this.limit = asked === "auto" ? 1 : asked;
  }

  /**
   * Looks at the speed.
   *
   * @param now The time in milliseconds.
   * @param bytes Bytes that have come so far.
   * @param segments Segments that are coming.
   */
  look(now: number, bytes: number, segments: number): void {
    if (this.#isSettled) return;
    if (segments < this.limit || this.#since === 0) { // they don't all flow yet
      this.#since = now;
      this.#bytes = bytes;
      return;
    }
    if (now - this.#since < PERIOD_MS) return;
    const perSecond = (bytes - this.#bytes) / (now - this.#since) * 1_000;
    this.#since = 0;
    if (perSecond < this.#before * GAIN || this.limit === MOST_AUTO) this.#isSettled = true;
    else this.limit = Math.min(2 * this.limit, MOST_AUTO);
    this.#before = perSecond;
  }
}
