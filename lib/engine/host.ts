/**
 * What is known of one host, and so whether it may be asked now: a rate limiter, a concurrency limiter and a circuit breaker
 * side by side, and what it said itself with Retry-After.
 *
 * @module
 */

import { CircuitBreaker } from "./circuit_breaker.ts";
import { ConcurrencyLimiter } from "./concurrency_limiter.ts";
import { Fifo } from "../core/fifo.ts";
import type { HostState } from "./host_state.ts";
import { ENOUGH, OVERLOAD_SHARE, RateLimiter } from "./rate_limiter.ts";
import { RecentAnswers } from "./recent_answers.ts";

/** How a request ended, as far as it concerns its host. */
export interface Ended {
  /** Whether the host answered, couldn't be reached, or neither is known. */
  as: "answered" | "unreachable" | "unknown";
  /** Whether the host said that it was asked too much. */
  isOverload: boolean;
  /** Whether a gateway said that it got no answer: in a row, that is as much as an overload. Default: false. */
  isGatewayError?: boolean;
  /** Whether there is no such host, so that it is of no use to wait for it. */
  isNowhere: boolean;
  /** Milliseconds that the host asked to be left alone. Default: it didn't. */
  retryAfterMs?: number;
}

/** The limits of every host. */
export interface HostOptions {
  /** Requests in flight at most. Default: no limit. */
  perHost?: number;
  /** Requests started per second at most. Default: no limit. */
  rate?: number;
  /** Milliseconds without an answer after which it isn't waited for any more. Default: `RETRY_MAX_TIME_MS`. */
  retryMaxTimeMs?: number;
}

/** Milliseconds after which it doesn't matter any more that a host refused requests. */
const RECOVERED_MS = 60_000;

/** Milliseconds without a good answer in which a host that refuses everything may only be enforcing its rate limit. */
const PACED_MS = 1_000;

/** One host. `W` is what waits for it. */
export class Host<W> {
  /** Whether it has ever answered, as long as it is known. */
  hasAnswered = false;
  /** The partition of its downloads, in a run that machines share. */
  partition: number | undefined = undefined;
  /** How many of the requests in flight bring next to nothing. */
  stalled = 0;
  /** Whether it is among the hosts that may have a request to start. */
  isRunnable = false;
  /** Whether it is among those that wait for a place of hosts that have never answered. */
  isHeld = false;
  /** Whether some of what waits for it can ask another host. */
  hasOthers = false;
  /** What looks again when it may next be asked, if that isn't now. */
  timer: ReturnType<typeof setTimeout> | undefined;
  /** When that timer fires. */
  timerAt = 0;
  /** First attempts that wait for it. */
  readonly fresh: Fifo<W> = new Fifo();
  /** Further attempts that wait, the last one first. */
  readonly retries: W[] = [];
  readonly #rate: RateLimiter;
  readonly #concurrency: ConcurrencyLimiter;
  readonly #breaker: CircuitBreaker;
  readonly #recent = new RecentAnswers();
  /** When it may be asked again, as it said. */
  #notBefore = 0;
  #answeredAt = -Infinity;
  #refusedAt = -Infinity;
  /** Requests that were under way when it refused the first one since its last good answer, and haven't ended yet. */
  #underWay: number | undefined;
  /** The download that it refused last. */
  #lastRefused: W | undefined;
  #wasGatewayError = false;

  /**
   * Makes a host of which nothing is known yet.
   *
   * @param name Its name, with the port.
   * @param options Its limits.
   */
  constructor(readonly name: string, { perHost, rate, retryMaxTimeMs }: HostOptions) {
    this.#rate = new RateLimiter(rate);
    this.#concurrency = new ConcurrencyLimiter(perHost);
    this.#breaker = new CircuitBreaker(retryMaxTimeMs);
  }

  /** Whether it answers, but with nothing else than that it is asked too much. */
  get refusesAll(): boolean {
    return this.#underWay !== undefined;
  }

  /** Requests in flight, as far as they started since it is known. */
  get inFlight(): number {
    return this.#concurrency.inFlight;
  }

  /** Whether only one request now and then finds out whether it answers again. */
  get isOpen(): boolean {
    return !this.#breaker.isClosed;
  }

  /** How many wait for it. */
  get waiting(): number {
    return this.fresh.length + this.retries.length;
  }

  /** Whether it has nothing in flight and nothing that waits. */
  get isIdle(): boolean {
    return this.inFlight === 0 && this.waiting === 0 && this.timer === undefined;
  }

  /** Whether it asks for a pause, or its rate does. */
  isPaused(now: number): boolean {
    return this.#notBefore > now || this.#rate.waitMs(now) > 0;
  }

  /** Whether there is nothing to remember of it. */
  isForgettable(now: number): boolean {
    const isLimited = this.#rate.isReduced || this.#concurrency.isReduced;
    return this.isIdle && this.#breaker.isUntouched && !this.isPaused(now) &&
      (!isLimited || now - this.#refusedAt > RECOVERED_MS);
  }

  /** What is to be remembered of it elsewhere, by its own clock; undefined if there is nothing. */
  state(now: number): HostState | undefined {
    if (!this.isPaused(now) && this.#breaker.isUntouched && !this.#rate.isReduced && !this.#concurrency.isReduced) {
      return;
    }
    return {
      notBefore: this.#notBefore > now ? this.#notBefore : undefined,
      nextStart: this.#rate.waitMs(now) > 0 ? this.#rate.nextAt : undefined,
      perSecond: this.#rate.isReduced ? this.#rate.perSecond : undefined,
      limit: this.#concurrency.reducedTo,
      circuit: this.#breaker.counted,
    };
  }

  /** Begins with what is remembered of it elsewhere, by its own clock. */
  restore({ notBefore = 0, nextStart = 0, perSecond, limit, circuit }: HostState, now: number): void {
    this.#notBefore = notBefore;
    this.#rate.restore({ perSecond, nextAt: nextStart });
    if (limit !== undefined) this.#concurrency.restore(limit);
    if (circuit) this.#breaker.restore(circuit);
    if (perSecond !== undefined || limit !== undefined) this.#refusedAt = now;
  }

  /**
   * How long to wait before it may be asked.
   *
   * @param now The time in milliseconds.
   * @param hasRoom Whether it may be asked even if some of its requests have stalled.
   * @returns Milliseconds: 0 for now, Infinity when that depends on its requests in flight. `gone` when it isn't worth
   * waiting for.
   */
  waitMs(now: number, hasRoom: boolean): number | "gone" {
    const restMs = Math.max(0, this.#notBefore - now, this.#rate.waitMs(now), this.#breaker.waitMs(now));
    if (this.isOpen) {
      if (restMs === 0 && this.inFlight === 0) return 0;
      return this.#breaker.hasGivenUp ? "gone" : this.inFlight > 0 ? Infinity : restMs;
    }
    if (!this.#concurrency.hasRoom) return Infinity;
    if (this.stalled > 0 && !hasRoom) return Infinity;
    return restMs;
  }

  /** Counts a request that went before the host was known. */
  adopt(): void {
    this.#concurrency.start();
  }

  /** Counts a request that starts. */
  start(now: number): void {
    this.#concurrency.start();
    this.#rate.start(now);
  }

  /** Counts a request that has left. */
  leave(): void {
    this.#concurrency.end();
  }

  /**
   * Learns from how a request ended.
   *
   * @param ended How it ended.
   * @param request What it was, when, and whether it was sent to find out whether the host is back.
   * @returns Whether a failure was the host's and not the download's, so that it takes up none of its retries.
   */
  learn(ended: Ended, request: { of: W; now: number; isProbe: boolean }): boolean {
    const { now, isProbe } = request;
    if (ended.as === "answered") this.hasAnswered = true;
    if (ended.retryAfterMs !== undefined) this.#notBefore = Math.max(this.#notBefore, now + ended.retryAfterMs);
    const isRefused = ended.isOverload || (ended.isGatewayError === true && this.#wasGatewayError);
    if (ended.as !== "unknown") this.#wasGatewayError = ended.isGatewayError === true;
    if (isRefused) return this.#refuse(request, ended.retryAfterMs !== undefined);
    if (ended.as === "answered") this.#answer(now);
    else if (ended.isNowhere) this.#breaker.giveUp(now);
    else if (ended.as === "unreachable") {
      this.#underWay = undefined;
      this.#breaker.failed(now, isProbe);
    }
    return ended.as === "unreachable" && this.isOpen;
  }

  #answer(now: number): void {
    if (now - this.#refusedAt > RECOVERED_MS) {
      this.#rate.recover();
      this.#concurrency.recover();
    }
    this.#answeredAt = now;
    this.#underWay = undefined;
    this.#recent.note(now, false, this.#rate.perSecond);
    this.#breaker.answered();
    this.#concurrency.answered();
    if (this.#rate.isReduced) this.#rate.answered(now, this.#recent.goodPerSecond(now));
  }

  #refuse({ of, now, isProbe }: { of: W; now: number; isProbe: boolean }, saysWhen: boolean): boolean {
    this.#recent.note(now, true, this.#rate.perSecond);
    const share = this.#recent.refusedShare(now);
    this.#concurrency.refused(now, share);
    const [accepted, count] = [this.#recent.goodPerSecond(now), this.#recent.refused(now)];
    this.#rate.refused(now, { accepted, share, count });
    // A host that says when to come back isn't away, nor is one that was heard within the time of its rate limit
    this.#underWay ??= this.inFlight + 1;
    // When it is always the same URL that is refused, it is about that URL
    const isOthers = this.#lastRefused !== undefined && this.#lastRefused !== of;
    const isNews = isProbe || (--this.#underWay < 0 && isOthers);
    if (isNews && !saysWhen && now - this.#answeredAt > PACED_MS) this.#breaker.failed(now, isProbe);
    this.#refusedAt = now;
    this.#lastRefused = of;
    return this.isOpen || (isOthers && share >= OVERLOAD_SHARE && (count >= ENOUGH || this.#rate.isReduced));
  }
}
