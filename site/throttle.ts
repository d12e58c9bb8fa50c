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
    this.#tokens = Math.max(1, this.#perSecond);
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

  /** Makes room for the next. */
  leave(): void {
    const next = this.#queue.shift();
    if (next) next();
    else this.#inside--;
  }

  #takeToken(): boolean {
    if (this.#perSecond === Infinity) return true;
    const now = this.#now();
    const saved = this.#tokens + (now - this.#refilledAt) / 1_000 * this.#perSecond;
    this.#tokens = Math.min(Math.max(1, this.#perSecond), saved);
    this.#refilledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
