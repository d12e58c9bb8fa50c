/**
 * A concurrency limiter: how many requests may be in flight to a host at once. Fewer by half the share that it refused
 * (DCTCP, RFC 8257 §3.3), and one more with every round of good answers (AIMD, RFC 5681 §3.1).
 *
 * @module
 */

import { EPOCH_MS } from "./rate_limiter.ts";

/** Limits how many requests are in flight. */
export class ConcurrencyLimiter {
  readonly #most: number;
  #inFlight = 0;
  /** The most in flight since the limit was last lowered. */
  #peak = 0;
  /** Requests that may be in flight now; Infinity for as many as were asked for. */
  #limit = Infinity;
  /** The limit when the host last began to refuse requests, and when that was. */
  #before = Infinity;
  #epoch = -Infinity;

  /**
   * Makes a limiter.
   *
   * @param most Requests in flight at most. Default: no limit, until the host sets one.
   */
  constructor(most = Infinity) {
    this.#most = most;
  }

  /** Requests in flight. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Whether one more may start. */
  get hasRoom(): boolean {
    return this.#inFlight < Math.min(this.#most, Math.floor(this.#limit));
  }

  /** Whether the host has set a limit below the one that was asked for. */
  get isReduced(): boolean {
    return this.#limit !== Infinity;
  }

  /** The limit that the host has set; undefined if it has set none. */
  get reducedTo(): number | undefined {
    return this.isReduced ? this.#limit : undefined;
  }

  /** Begins with a limit that the host had set before. */
  restore(limit: number): void {
    this.#limit = limit;
  }

  /** Counts a request that starts. */
  start(): void {
    if (++this.#inFlight > this.#peak) this.#peak = this.#inFlight;
  }

  /** Counts a request that has ended. */
  end(): void {
    this.#inFlight--;
  }

  /** Raises the limit after a good answer. */
  answered(): void {
    this.#limit += 1 / this.#limit;
    if (this.#limit >= this.#most) this.#limit = Infinity;
  }

  /**
   * Lowers the limit after a refusal.
   *
   * @param now The time in milliseconds.
   * @param share The share of refusals among the latest answers, from 0 to 1.
   */
  refused(now: number, share: number): void {
    if (now - this.#epoch >= EPOCH_MS) {
      this.#epoch = now;
      this.#before = Math.min(this.#limit, Math.max(this.#peak, 1));
      this.#peak = this.#inFlight;
    }
    this.#limit = Math.max(1, Math.floor(this.#before * (1 - share / 2)));
  }

  /** Forgets that the host ever refused anything. */
  recover(): void {
    this.#limit = Infinity;
  }
}
