/**
 * A rate limiter: how many requests to a host may start per second, evenly spaced (the generic cell rate algorithm of
 * ITU-T I.371).
 *
 * The rate is what was asked for, until the host says that it is too much. Then it is what the host was seen to accept,
 * less half the share that it refused, and grows again with every good answer: additive increase and a decrease in
 * proportion to the congestion (DCTCP, RFC 8257 §3.3), quickly up to what was accepted before and slowly beyond (CUBIC,
 * RFC 9438 §4).
 *
 * @module
 */

/** What a host that refuses requests was seen to do lately. */
export interface Refusals {
  /** Good answers per second. */
  accepted: number;
  /** The share of refusals among all answers, from 0 to 1. */
  share: number;
  /** How many refusals those are. */
  count: number;
}

/** The share of refusals among a host's answers from which on they are about the host, and not about single URLs. */
export const OVERLOAD_SHARE = 0.1;

/** Requests per second that a host is always asked: where that is too much, a circuit breaker helps. */
const LEAST = 0.2;

/** Refusals that are enough to tell by: a few URLs may be refused for themselves, some of them twice. */
export const ENOUGH = 8;

/** Seconds in a row in which it changed nothing that the rate was lowered. */
const USELESS = 3;

/** Milliseconds within which all refusals count as one. */
export const EPOCH_MS = 1_000;

/** Milliseconds without a refusal after which the host may well take much more than it did. */
const SETTLED_MS = 5_000;

/** Parts of the rate that are added in a second: below what the host accepted before, and beyond it. */
const QUICKLY = 1 / 4;
const SLOWLY = 1 / 20;

/** Milliseconds that a start may be late without the next ones being late too: timers are, by one or two. */
const LATE_MS = 20;

/** Limits how many requests start per second. */
export class RateLimiter {
  readonly #most: number;
  /** Requests per second now. */
  #rate: number;
  /** The rate when the host last began to refuse requests, and when that was. */
  #before: number;
  #epoch = -Infinity;
  /** The rate that the host accepted when it last refused some. */
  #accepted = 0;
  #refusedAt = -Infinity;
  /** The share that it refused before the rate was lowered. */
  #share = 0;
  /** How often in a row it was lowered and that changed nothing. */
  #useless = 0;
  /** The share that it refuses at any rate. */
  #anyway = 0;
  #nextAt = 0;

  /**
   * Makes a limiter that lets the first request start at once.
   *
   * @param most Requests per second at most. Default: no limit, until the host sets one.
   */
  constructor(most = Infinity) {
    this.#most = this.#rate = this.#before = most;
  }

  /** Requests per second that may start now. */
  get perSecond(): number {
    return this.#rate;
  }

  /** Whether the host has set a limit below the one that was asked for. */
  get isReduced(): boolean {
    return this.#rate < this.#most;
  }

  /** Milliseconds until the next request may start. */
  waitMs(now: number): number {
    return Math.max(0, this.#nextAt - now);
  }

  /** Notes that a request starts. */
  start(now: number): void {
    if (this.#rate === Infinity) return;
    const due = now - this.#nextAt <= LATE_MS ? this.#nextAt : now;
    this.#nextAt = due + 1_000 / this.#rate;
  }

  /** Raises the rate after a good answer, given how many per second there are. */
  answered(now: number, accepted: number): void {
    if (!this.isReduced) return;
    // What was accepted along with what was refused may take longer to arrive
    if (now - this.#epoch < EPOCH_MS) this.#accepted = Math.max(this.#accepted, accepted);
    const isQuick = this.#rate < this.#accepted || now - this.#refusedAt > SETTLED_MS;
    const added = isQuick ? QUICKLY * Math.max(this.#rate, this.#accepted) : SLOWLY * this.#rate;
    // As many answers come per second as the rate says: each adds its part, and none more than doubles it
    this.#rate = Math.min(this.#most, this.#rate + Math.min(added / this.#rate, this.#rate));
  }

  /** Lowers the rate after a refusal, and pauses for that share of a second. Without a good answer nothing is known. */
  refused(now: number, { accepted, share, count }: Refusals): void {
    if (accepted === 0) return;
    if (now - this.#epoch >= EPOCH_MS) this.#begin(now, share);
    this.#refusedAt = now;
    if (share < 2 * this.#anyway) return;
    this.#accepted = accepted;
    this.#share = share;
    // A few refusals among many answers may be about single URLs, and say nothing about how much is accepted
    const isHosts = share >= OVERLOAD_SHARE && count >= ENOUGH;
    const rate = (isHosts ? Math.min(this.#before, accepted) : this.#before) * (1 - share / 2);
    this.#rate = Math.min(this.#most, Math.max(rate, LEAST));
    if (this.isReduced) this.#nextAt = Math.max(this.#nextAt, this.#epoch + share * EPOCH_MS);
  }

  /** Forgets that the host ever refused anything. */
  recover(): void {
    this.#rate = this.#most;
    this.#share = this.#anyway = 0;
  }

  #begin(now: number, share: number): void {
    // The rate was lowered to what the host accepted, and it refuses as large a share as before: that isn't for the rate
    const wasLowered = this.isReduced && now - this.#epoch < SETTLED_MS && this.#share >= OVERLOAD_SHARE;
    this.#useless = wasLowered && share < 0.5 && share > 0.7 * this.#share ? this.#useless + 1 : 0;
    if (this.#useless === USELESS) {
      this.#anyway = share;
      this.#rate = this.#most;
    }
    this.#epoch = now;
    this.#before = this.#rate;
  }
}
