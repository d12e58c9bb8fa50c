/**
 * Keeps to what a host says of further requests (RateLimit headers), so that it needn't refuse any (429).
 *
 * What the host still takes is spread over the time until its quota is full again, as soon as more is waiting for it than that;
 * a list that needs less goes at full speed. Once the quota should be full again, it is taken for that until an answer says more.
 *
 * A host can say what it likes, so no request waits longer than Retry-After could make it.
 *
 * @module
 */

import type { Quota } from "../core/outcome.ts";
import { RETRY_AFTER_MOST_MS } from "../http/retry_after.ts";

/** What is known of a quota, by the clock of whoever has it. */
export interface QuotaState {
  /** Requests that may still start. */
  left: number;
  /** When the quota is full again. */
  resetAt: number;
  /** Milliseconds that a full quota is for. */
  windowMs: number;
  /** Requests of a full quota. Default: that isn't known. */
  limit?: number;
}

/** Paces the requests to one host. */
export class QuotaPacer {
  #left = Infinity;
  #resetAt = -Infinity;
  #windowMs = 0;
  #limit: number | undefined = undefined;
  /** When the next request may start, if more wait than are left. */
  #nextAt = -Infinity;
  #startedAt = -Infinity;
  /** Whether what is left is only what the host should take by now. */
  #isAssumed = false;

  /** Whether the host has said anything that counts. */
  get isKnown(): boolean {
    return this.#left !== Infinity;
  }

  /** Whether the host takes nothing more until its quota is full again. */
  isUsedUp(now: number): boolean {
    return this.#left === 0 && now < this.#resetAt;
  }

  /** What is known; undefined if that is nothing, or over. */
  state(now: number): QuotaState | undefined {
    if (!this.isKnown || now >= this.#resetAt) return undefined;
    const state: QuotaState = { left: this.#left, resetAt: this.#resetAt, windowMs: this.#windowMs };
    if (this.#limit !== undefined) state.limit = this.#limit;
    return state;
  }

  /** Begins with what is known elsewhere. */
  restore({ left, resetAt, windowMs, limit }: QuotaState, now: number): void {
    this.#limit = limit;
    this.#take(left, { now, resetMs: resetAt - now, windowMs });
  }

  /**
   * Learns from an answer.
   *
   * @param quota What it says. Undefined for nothing: then what was only assumed is forgotten.
   * @param options The time, and the host's requests in flight, which the answer may not have counted yet.
   */
  answered(quota: Quota | undefined, { now, inFlight }: { now: number; inFlight: number }): void {
    if (quota === undefined) {
      if (this.#isAssumed) this.#forget();
      return;
    }
    const { remaining, resetMs, limit, windowMs = Math.max(resetMs, this.#windowMs) } = quota;
    this.#limit = limit;
    this.#take(Math.max(0, remaining - inFlight), { now, resetMs, windowMs });
  }

  /** Notes that a request starts. */
  start(now: number): void {
    if (!this.isKnown) return;
    if (now >= this.#resetAt) this.#renew(now);
    this.#startedAt = now;
    this.#left = Math.max(0, this.#left - 1);
    this.#nextAt = now + this.#spacing(now);
  }

  /**
   * How long the next request has to wait.
   *
   * @param now The time in milliseconds.
   * @param waiting How many others wait for the host, as far as is known.
   * @returns Milliseconds: 0 for now.
   */
  waitMs(now: number, waiting: number): number {
    if (!this.isKnown || now >= this.#resetAt || waiting < this.#left) return 0;
    return Math.max(0, this.#nextAt - now);
  }

  #take(left: number, { now, resetMs, windowMs }: { now: number; resetMs: number; windowMs: number }): void {
    this.#left = left;
    this.#resetAt = now + resetMs;
    this.#windowMs = windowMs;
    this.#isAssumed = false;
    this.#nextAt = (left === 0 ? now : this.#startedAt) + this.#spacing(now);
  }

  /** A quota that nobody has said anything of since it should be full: if it isn't known how much that is, one request asks. */
  #renew(now: number): void {
    this.#left = this.#limit ?? 1;
    this.#resetAt = now + this.#windowMs;
    this.#isAssumed = true;
  }

  #forget(): void {
    this.#left = Infinity;
    this.#resetAt = this.#nextAt = -Infinity;
    this.#limit = undefined;
    this.#windowMs = 0;
    this.#isAssumed = false;
  }

  /** Milliseconds between two starts that spread what is left, so that the first of the next quota follows the last. */
  #spacing(now: number): number {
    return Math.min((this.#resetAt - now) / (this.#left + 1), RETRY_AFTER_MOST_MS);
  }
}
