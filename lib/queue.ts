/**
 * The one queue that every lane of a strategy pulls from: it numbers downloads, hands each to one lane, takes its
 * outcome back, and puts what failed for a passing reason in line again.
 *
 * A retry waits here and not in a lane, so that no lane sleeps while another URL could be downloaded.
 *
 * @module
 */

import { MAX_WAITING_RETRIES } from "../constants.ts";
import { backoff } from "./backoff.ts";
import type { Download, Job } from "./download.ts";
import { isTransient } from "./failure.ts";
import type { Meter } from "./meter.ts";
import type { Failed, Outcome } from "./outcome.ts";

/** Where downloads come from. Read lazily: nothing is pulled before a lane wants it. */
export type Source = Iterable<string | Download> | AsyncIterable<string | Download>;

/** What a {@linkcode Queue} needs to know. */
export interface QueueOptions {
  /** Ends the queue: nothing more is handed out, and retries that wait are reported as the failures they are. */
  signal: AbortSignal;
  /** Further attempts after a first one failed for a passing reason. */
  retries: number;
  /** Milliseconds: the first retry waits a random time up to this, each further one up to twice as long. */
  backoffMs: number;
  /** The live counters to keep. */
  meter: Meter;
}

type Pull = IteratorResult<Job, undefined>;
const END: Pull = { done: true, value: undefined };

/** How the last attempt of a waiting job ended, and the timer that makes the next one due. */
interface Retry {
  last: Failed;
  timer: ReturnType<typeof setTimeout>;
}

/** A queue of jobs that any number of loops may iterate over at once; each job goes to one of them. */
export class Queue implements AsyncIterableIterator<Job, undefined> {
  readonly #source: Iterator<string | Download> | AsyncIterator<string | Download>;
  readonly #report: (outcome: Outcome) => void;
  readonly #options: QueueOptions;
  /** Handed out and not settled. */
  readonly #inFlight = new Map<number, Job>();
  /** Waiting for their next attempt, until it is handed out. */
  readonly #retries = new Map<number, Retry>();
  /** What the next lane gets: retries that are due, and what a source answered after it was waited for. */
  readonly #ready: Job[] = [];
  readonly #idleLanes: ((pull: Pull) => void)[] = [];
  #nextId = 0;
  #pulling = false;
  #exhausted = false;
  #stopped = false;
  #failure: { cause: unknown } | undefined;

  /**
   * Makes a queue that has pulled nothing yet.
   *
   * @param source What to download.
   * @param report Called once for every download, when it has ended for good.
   * @param options Limits, counters, and the signal that ends it.
   */
  constructor(source: Source, report: (outcome: Outcome) => void, options: QueueOptions) {
    this.#source = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    this.#report = report;
    this.#options = options;
    options.signal.addEventListener("abort", this.#stop);
    if (options.signal.aborted) this.#stop();
  }

  /** The queue itself. It has no `return()`, so a loop that is left doesn't end it for the others. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next job, as soon as there is one; `done` once every job has ended, or the signal was aborted. */
  next(): Promise<IteratorResult<Job, undefined>> {
    const job = this.#take();
    if (job) return Promise.resolve({ done: false, value: job });
    if (this.#stopped || this.#ended) return Promise.resolve(END);
    return new Promise((resolve) => this.#idleLanes.push(resolve));
  }

  /**
   * Jobs that can start right now, without waiting for any.
   *
   * @param max How many at most.
   * @returns From none to `max` jobs.
   */
  takeReady(max: number): Job[] {
    const jobs: Job[] = [];
    while (jobs.length < max) {
      const job = this.#take();
      if (!job) break;
      jobs.push(job);
    }
    return jobs;
  }

  /**
   * Takes back what became of a job: reports it, or lines the job up for another attempt. A job that the end of the
   * run kept from being tried at all (aborted, and `attempts` is 0) isn't reported: it counts as not started.
   *
   * @param outcome The outcome of a job that this queue handed out and that wasn't settled before.
   * @throws {Error} If there is no such job: a strategy that settles twice has a bug.
   */
  settle(outcome: Outcome): void {
    const { meter, retries } = this.#options;
    const job = this.#inFlight.get(outcome.id);
    if (!job) throw new Error(`Job ${outcome.id} (${outcome.url}) was settled twice, or never handed out`);
    this.#inFlight.delete(outcome.id);
    meter.inFlight--;
    meter.bytes += outcome.bytes;
    if (outcome.result !== "failed") this.#end(outcome);
    else if (outcome.kind === "aborted" && outcome.attempts === 0) meter.started--;
    else if (job.attempt <= retries && isTransient(outcome) && !this.#stopped) this.#retryLater(job, outcome);
    else this.#end(outcome);
    this.#wake();
  }

  /**
   * Checks the books once the strategy has returned, and leaves a source that wasn't read to its end.
   *
   * @throws What the source or `report` threw; an `Error` when a download was left without an outcome.
   */
  close(): void {
    this.#options.signal.removeEventListener("abort", this.#stop);
    if (this.#stopped) this.#leaveSource();
    if (this.#failure) throw this.#failure.cause;
    const open = this.#inFlight.size + this.#retries.size;
    if (open > 0) throw new Error(`The strategy returned with ${open} downloads unaccounted for`);
    if (!this.#exhausted) throw new Error("The strategy returned before the source was exhausted");
  }

  get #ended(): boolean {
    return this.#exhausted && this.#inFlight.size + this.#retries.size + this.#ready.length === 0;
  }

  #take(): Job | undefined {
    const job = this.#ready.shift() ?? this.#pull();
    if (job === undefined) return undefined;
    const { meter } = this.#options;
    this.#inFlight.set(job.id, job);
    if (job.attempt === 1) meter.started++;
    else if (this.#retries.delete(job.id)) meter.retries++;
    meter.inFlight++;
    if (meter.inFlight > meter.peakInFlight) meter.peakInFlight = meter.inFlight;
    return job;
  }

  /** The source's next job, if it has one now. If it must be waited for, it arrives among the ready ones. */
  #pull(): Job | undefined {
    if (this.#exhausted || this.#pulling || this.#retries.size >= MAX_WAITING_RETRIES) return undefined;
    let pulled;
    try {
      pulled = this.#source.next();
    } catch (cause) {
      this.#fail(cause);
      return undefined;
    }
    if (!(pulled instanceof Promise)) return this.#numbered(pulled);
    this.#pulling = true;
    pulled.then((result) => {
      this.#pulling = false;
      const job = this.#stopped ? undefined : this.#numbered(result);
      if (job) this.#ready.push(job);
      this.#wake();
    }, (cause) => this.#fail(cause));
    return undefined;
  }

  #numbered(result: IteratorResult<string | Download, unknown>): Job | undefined {
    if (result.done) {
      this.#exhausted = true;
      return undefined;
    }
    const { value } = result;
    const id = this.#nextId++;
    return typeof value === "string" ? { id, attempt: 1, url: value } : { ...value, id, attempt: 1 };
  }

  #retryLater(job: Job, last: Failed): void {
    const wait = Math.max(backoff(job.attempt, { baseMs: this.#options.backoffMs }), last.retryAfterMs ?? 0);
    const timer = setTimeout(() => {
      this.#ready.push({ ...job, attempt: job.attempt + 1 });
      this.#wake();
    }, wait);
    this.#retries.set(job.id, { last, timer });
  }

  #end(outcome: Outcome): void {
    this.#options.meter[outcome.result]++;
    try {
      this.#report(outcome);
    } catch (cause) {
      this.#fail(cause);
    }
  }

  /** Gives idle lanes what is ready, or sends them home when all is done. */
  #wake(): void {
    while (this.#idleLanes.length > 0) {
      const job = this.#take();
      if (!job && !this.#ended && !this.#stopped) return;
      this.#idleLanes.pop()?.(job ? { done: false, value: job } : END);
    }
  }

  /** Lets the source close what it has open. Not waited for, since one that hangs would hold up the end of the run. */
  async #leaveSource(): Promise<void> {
    try {
      await this.#source.return?.();
    } catch (cause) {
      this.#failure ??= { cause };
    }
  }

  /** The source or `report` threw: nothing more is handed out, and `close()` throws it on. */
  #fail(cause: unknown): void {
    this.#failure ??= { cause };
    this.#stop();
  }

  readonly #stop = (): void => {
    this.#stopped = this.#exhausted = true;
    for (const { timer } of this.#retries.values()) clearTimeout(timer);
    const given = [...this.#retries.values()];
    this.#retries.clear();
    this.#ready.length = 0;
    for (const { last } of given) this.#end(last);
    this.#wake();
  };
}
