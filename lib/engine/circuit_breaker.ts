/**
 * A circuit breaker (Michael Nygard, "Release It!"): after some failures in a row a host is asked no more, but for one
 * request now and then that finds out whether it is back.
 *
 * Closed: all requests go. Open: none does. Half-open: one does, and closes the circuit or opens it for twice as long.
 * After too long without an answer it has given up: then requests needn't wait for the host any more.
 *
 * @module
 */

import { RETRY_MAX_TIME_MS } from "../../constants.ts";

/**
 * Failures in a row (connections refused, cut, or left unanswered) that open the circuit: more than one download has
 * attempts, so that one bad URL doesn't block the others.
 */
export const FAILURES_TO_OPEN = 5;

/** Milliseconds that the circuit stays open before it is half-open; twice as long after each request that fails then. */
export const OPEN_MS = 500;

/** The longest that it stays open: the end of an outage is noticed at most this much later. */
export const MAX_OPEN_MS = 10_000;

/** How long it stays open once the host has been given up. */
export const GIVEN_UP_OPEN_MS = 60_000;

/** The circuit breaker of one host: closed, open, or half-open, when one request finds out whether it answers again. */
export class CircuitBreaker {
  readonly #maxAwayMs: number;
  #failures = 0;
  #reopened = 0;
  /** When the first of these failures was. */
  #awaySince = Infinity;
  #halfOpenAt = -Infinity;
  #hasGivenUp = false;

  /**
   * Makes a closed circuit.
   *
   * @param maxAwayMs Milliseconds without an answer after which it gives up. Default: `RETRY_MAX_TIME_MS`.
   */
  constructor(maxAwayMs: number = RETRY_MAX_TIME_MS) {
    this.#maxAwayMs = maxAwayMs;
  }

  /** Whether requests go as if nothing had happened. */
  get isClosed(): boolean {
    return this.#failures < FAILURES_TO_OPEN;
  }

  /** Whether it has never failed, or not since the last answer. */
  get isUntouched(): boolean {
    return this.#failures === 0;
  }

  /** Whether the host has been away for too long to be waited for. It is still probed now and then. */
  get hasGivenUp(): boolean {
    return this.#hasGivenUp;
  }

  /** Milliseconds that the circuit stays open. 0 when it is closed, or half-open: one request may go. */
  waitMs(now: number): number {
    return this.isClosed ? 0 : Math.max(0, this.#halfOpenAt - now);
  }

  /** Closes the circuit: the host has answered. */
  answered(): void {
    this.#failures = this.#reopened = 0;
    this.#awaySince = Infinity;
    this.#hasGivenUp = false;
  }

  /**
   * Counts a failure.
   *
   * @param now The time in milliseconds.
   * @param isProbe Whether it was sent through the half-open circuit. What was in flight before says nothing further.
   */
  failed(now: number, isProbe: boolean): void {
    this.#failures++;
    this.#awaySince = Math.min(this.#awaySince, now);
    if (this.isClosed || (!isProbe && this.#failures > FAILURES_TO_OPEN)) return;
    if (isProbe) this.#reopened++;
    this.#hasGivenUp = now - this.#awaySince >= this.#maxAwayMs;
    this.#open(now);
  }

  /** Opens the circuit and gives up at once: there is no such host. */
  giveUp(now: number): void {
    this.#failures = FAILURES_TO_OPEN;
    this.#awaySince = Math.min(this.#awaySince, now);
    this.#hasGivenUp = true;
    this.#open(now);
  }

  #open(now: number): void {
    const waitMs = this.#hasGivenUp ? GIVEN_UP_OPEN_MS : Math.min(OPEN_MS * 2 ** this.#reopened, MAX_OPEN_MS);
    this.#halfOpenAt = now + waitMs;
  }
}
