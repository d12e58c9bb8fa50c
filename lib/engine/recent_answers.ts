/**
 * How many of a host's latest answers were good, and how many said that it was asked too much: a sliding window counter,
 * which takes four numbers where a log of all answers would take one for each.
 *
 * @module
 */

/** Milliseconds of a window: rate limits are nearly always given per second, so one second shows what they accept. */
const WINDOW_MS = 1_000;

/** Answers that a window should be long enough for: the rate of a host that is asked seldom can't be seen in one second. */
const FEW = 4;

/** Counts the answers of one host. */
export class RecentAnswers {
  #from = -Infinity;
  #windowMs = WINDOW_MS;
  #good = 0;
  #refused = 0;
  #goodBefore = 0;
  #refusedBefore = 0;

  /**
   * Counts an answer.
   *
   * @param now The time in milliseconds.
   * @param isRefused Whether the host said that it was asked too much.
   * @param rate Requests per second that are sent at most: the lower, the longer a window is.
   */
  note(now: number, isRefused: boolean, rate: number): void {
    if (now - this.#from >= this.#windowMs) this.#turn(now, rate);
    if (isRefused) this.#refused++;
    else this.#good++;
  }

  /** Good answers per second; 0 when there was less than one in the time that is looked at. */
  goodPerSecond(now: number): number {
    const good = this.#good + this.#goodBefore * this.#weight(now);
    return good < 1 ? 0 : good * (1_000 / this.#windowMs);
  }

  /** Answers that said that it was too much. */
  refused(now: number): number {
    return this.#refused + this.#refusedBefore * this.#weight(now);
  }

  /** The share of answers that said that it was too much, from 0 to 1. */
  refusedShare(now: number): number {
    const refused = this.refused(now);
    const all = refused + this.#good + this.#goodBefore * this.#weight(now);
    return all === 0 ? 0 : refused / all;
  }

  /** How much of the window before still counts. */
  #weight(now: number): number {
    return Math.min(1, Math.max(0, 1 - (now - this.#from) / this.#windowMs));
  }

  #turn(now: number, rate: number): void {
    const isNext = now - this.#from < 2 * this.#windowMs;
    const windowMs = Math.max(WINDOW_MS, FEW * 1_000 / rate);
    const scale = isNext ? windowMs / this.#windowMs : 0; // what was counted in a window of another length
    this.#goodBefore = this.#good * scale;
    this.#refusedBefore = this.#refused * scale;
    this.#good = this.#refused = 0;
    this.#from = isNext && windowMs === this.#windowMs ? this.#from + windowMs : now;
    this.#windowMs = windowMs;
  }
}
