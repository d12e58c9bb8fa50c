/**
 * Limits as real sites have them: requests at once, and requests per second.
 *
 * @module
 */

import { Fifo } from "../lib/core/fifo.ts";

/** The limits. What is absent isn't limited. */
export interface ThrottleOptions {
  /** Requests answered at once. Default: unlimited. */
  maxConcurrentRequests?: number;
  /** What those beyond it get: 503 at once, or a place in a queue. Default: `refuse`. */
  whenFull?: "refuse" | "queue";
  /** Requests per second, on average; a second's worth may come at once. Default: unlimited. */
  requestsPerSecond?: number;
  /** Requests that may come at once before requestsPerSecond holds. Default: a second's worth, 1 at least. */
  burst?: number;
  /** Milliseconds on a clock that never goes back. Default: `performance.now`. */
  now?: () => number;
}

/** Why a request was refused, and when to come back. */
export interface Refusal {
  /** 429 for too many per second, 503 for too many at once. */
  status: 429 | 503;
  /** Whole seconds to wait, 1 or more. */
  retryAfter: number;
}

/** Requests that may wait in the queue; beyond it even `queue` refuses, so that the queue's memory is bounded. */
const MAX_QUEUED = 100_000;

/** Admits requests, or refuses them. */
export class Throttle {
  readonly #maxConcurrent: number;
  readonly #queueing: boolean;
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #now: () => number;
  #inside = 0;
  readonly #queue = new Fifo<() => void>();
  #tokens: number;
  #refilledAt: number;

  /** Starts empty, with a second's worth of requests allowed at once. */
  constructor(options: ThrottleOptions = {}) {
    this.#maxConcurrent = options.maxConcurrentRequests ?? Infinity;
    this.#queueing = options.whenFull === "queue";
    this.#perSecond = options.requestsPerSecond ?? Infinity;
    this.#now = options.now ?? (() => performance.now());
    this.#burst = options.burst ?? Math.max(1, this.#perSecond);
    this.#tokens = this.#burst;
    this.#refilledAt = this.#now();
  }

  /**
   * Asks for admission. An admitted request must {@linkcode leave}.
   *
   * @returns Why not; undefined when admitted, which with a queue may take a while.
   */
  async enter(): Promise<Refusal | undefined> {
    if (!this.#takeToken()) {
      return { status: 429, retryAfter: Math.max(1, Math.ceil((1 - this.#tokens) / this.#perSecond)) };
    }
    if (this.#inside < this.#maxConcurrent) {
      this.#inside++;
      return;
    }
    if (!this.#queueing || this.#queue.length >= MAX_QUEUED) return { status: 503, retryAfter: 1 };
    await new Promise<void>((admit) => this.#queue.push(admit));
  }

  /** Whether no request is inside or waits, and no token is missing: it behaves like a new one. */
  get isIdle(): boolean {
    this.#refill();
    return this.#inside === 0 && this.#queue.length === 0 && this.#tokens >= this.#burst;
  }

  /** What is left of the requests per second: of how many, how many, and in how many seconds all are there again. */
  get quota(): { limit: number; window: number; remaining: number; reset: number } | undefined {
    if (this.#perSecond === Infinity) return undefined;
    this.#refill();
    return {
      limit: Math.floor(this.#burst),
      window: Math.max(1, Math.ceil(this.#burst / this.#perSecond)),
      remaining: Math.floor(this.#tokens),
      reset: Math.ceil((this.#burst - this.#tokens) / this.#perSecond),
    };
  }

  /** Makes room for the next. */
  leave(): void {
    const next = this.#queue.shift();
    if (next) next();
    else this.#inside--;
  }

  #takeToken(): boolean {
    if (this.#perSecond === Infinity) return true;
    this.#refill();
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  #refill(): void {
    if (this.#perSecond === Infinity) {
      this.#tokens = this.#burst;
      return;
    }
    const now = this.#now();
    const saved = this.#tokens + (now - this.#refilledAt) / 1_000 * this.#perSecond;
    this.#tokens = Math.min(this.#burst, saved);
    this.#refilledAt = now;
  }
}
