/**
 * The one queue that every lane of a strategy pulls from: it numbers downloads, hands each to one lane, takes its
 * outcome back, and puts what failed for a passing reason in line again.
 *
 * What has to wait, for a retry or because its host may not be asked now, waits here and not in a lane, so that no lane
 * sleeps while another URL could be downloaded.
 *
 * @module
 */

import { MAX_WAITING, RETRY_MAX_TIME_MS } from "../../constants.ts";
import type { RetryOn } from "../core/settings.ts";
import type { Item, Report, Source } from "../core/source.ts";
import { backoff } from "./backoff.ts";
import { CannotWriteError } from "../core/errors.ts";
import { splitCredentials } from "../core/credentials.ts";
import type { Download, Job } from "../core/download.ts";
import { isTransient, isUnreachable, meaningOf } from "./failure.ts";
import { Fifo } from "../core/fifo.ts";
import { type Gated, HostLimits } from "./host_limits.ts";
import type { Admission } from "./intake.ts";
import type { Meter } from "../core/meter.ts";
import { isNeverBegun, MAX_NEVER_BEGUN, MAX_NEVER_BEGUN_BACKOFF_MS, NEVER_BEGUN_BACKOFF_MS } from "./never_begun.ts";
import type { Failed, Outcome } from "../core/outcome.ts";
import { Places } from "./places.ts";
import { RetryBudget } from "./retry_budget.ts";

/** What a {@linkcode Queue} needs to know. */
export interface QueueOptions {
  /** Ends the queue: nothing more is handed out, and retries that wait are reported as the failures they are. */
  signal: AbortSignal;
  /** Further attempts after a first one failed for a passing reason. */
  retries: number;
  /** Statuses that are retried besides those that always are, or that none is. Default: no further ones. */
  retryOn?: RetryOn;
  /** Milliseconds that a host may be away, or refuse requests, without that taking up retries. Default: `RETRY_MAX_TIME_MS`. */
  retryMaxTimeMs?: number;
  /** Milliseconds: the first retry waits a random time up to this, each further one up to twice as long. */
  backoffMs: number;
  /** The live counters to keep. */
  meter: Meter;
  /** Jobs in flight at most, not counting stalled ones. Default: as many as lanes ask for. */
  concurrency?: number;
  /** Jobs in flight at most, stalled ones included: as many as there are file descriptors for. Default: no limit. */
  connections?: number;
  /** Jobs in flight to one host at most. Default: no limit. */
  perHost?: number;
  /** Jobs started for one host in a second at most. Default: no limit. */
  rate?: number;
  /** Failures after which the queue ends. Default: no limit. */
  maxFailures?: number;
  /** Called when the queue ends before its time: what is in flight should be ended. Default: it ends by itself. */
  abort?: (reason: unknown) => void;
  /** Says what is to be done with a download, when it is pulled. Default: it is downloaded and not saved. */
  enter?: (download: Download) => Admission;
}

type Pull = IteratorResult<Job, undefined>;
const END: Pull = { done: true, value: undefined };

/** Downloads in a row that can't or needn't be made now until other work gets its turn: some 10 ms. */
const LOOKS_PER_TURN = 5_000;

/** What takes jobs for one isolate. */
export interface Share {
  /** The next job, as soon as there is one; `done` once every job has ended, or the signal was aborted. */
  next(): Promise<IteratorResult<Job, undefined>>;
  /**
   * Jobs that can start right now, without waiting for any.
   *
   * @param max How many at most.
   * @returns From none to `max` jobs.
   */
  takeReady(max: number): Job[];
}

/** The books of a share. */
interface Account {
  inFlight: number;
  /** Lanes that wait for a job. */
  readonly idle: ((pull: Pull) => void)[];
}

/** A job on its way through the queue. */
interface Ticket extends Gated {
  job: Job;
  /** Whose it is while it is in flight. */
  account?: Account;
  /** How its last attempt ended, once there was one. */
  last?: Failed;
  /** Whether an attempt brought other bytes than its SHA-256 says. */
  mismatched?: boolean;
  /** How often its request was never begun. */
  neverBegun?: number;
  /** How often it may be tried again, once it has failed. */
  budget?: RetryBudget;
  /** Makes its next attempt due. */
  timer?: ReturnType<typeof setTimeout>;
}

/** A queue of jobs that any number of loops may iterate over at once; each job goes to one of them. */
export class Queue implements AsyncIterableIterator<Job, undefined>, Share {
  readonly #source: Iterator<Item | readonly Item[]> | AsyncIterator<Item | readonly Item[]>;
  readonly #report: Report;
  readonly #options: QueueOptions;
  readonly #gate: HostLimits<Ticket>;
  readonly #places: Places;
  /** Handed out and not settled. */
  readonly #inFlight = new Map<number, Ticket>();
  /** Waiting for their next attempt to become due. */
  readonly #retries = new Set<Ticket>();
  /** Due, or pulled from a source that had to be waited for. */
  readonly #ready = new Fifo<Ticket>();
  readonly #own: Account = { inFlight: 0, idle: [] };
  readonly #accounts = [this.#own];
  /** Lanes that wait for a job, in all accounts. */
  #idle = 0;
  #wakes = false;
  /** The batch the source gave last, and how far it has been taken. */
  #batch: readonly Item[] = [];
  #taken = 0;
  #nextId = 0;
  #stalled = 0;
  #pulling = false;
  /** Ends the turn that others have while many downloads are passed over. */
  #pause: ReturnType<typeof setTimeout> | undefined;
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
  constructor(source: Source, report: Report, options: QueueOptions) {
    this.#source = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    this.#report = report;
    this.#options = options;
    this.#places = new Places(options);
    const { perHost, rate, retryMaxTimeMs } = options;
    this.#gate = new HostLimits({ perHost, rate, retryMaxTimeMs, onFree: () => this.#wake(), onRefused: this.#refuse });
    options.signal.addEventListener("abort", this.#stop);
    if (options.signal.aborted) this.#stop();
  }

  /** The queue itself. It has no `return()`, so a loop that is left doesn't end it for the others. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next job, as soon as there is one; `done` once every job has ended, or the signal was aborted. */
  next(): Promise<IteratorResult<Job, undefined>> {
    return this.#next(this.#own);
  }

  /**
   * Jobs that can start right now, without waiting for any.
   *
   * @param max How many at most.
   * @returns From none to `max` jobs.
   */
  takeReady(max: number): Job[] {
    return this.#takeReady(max, this.#own);
  }

  /**
   * Opens a share: where there are fewer places than lanes that wait, the share with the fewest jobs in flight comes first.
   *
   * @returns What takes jobs from this queue, for another isolate than those that have a share.
   */
  share(): Share {
    const account: Account = { inFlight: 0, idle: [] };
    this.#accounts.push(account);
    return { next: () => this.#next(account), takeReady: (max) => this.#takeReady(max, account) };
  }

  /**
   * Notes that jobs in flight bring next to nothing: other hosts' may be started in their place.
   *
   * @param ids The numbers of the jobs. Those that aren't in flight any more are passed over.
   */
  stalled(ids: readonly number[]): void {
    if (this.#options.concurrency === undefined) return;
    for (const id of ids) {
      const ticket = this.#inFlight.get(id);
      if (!ticket || ticket.isStalled || this.#stalled >= this.#places.lent) continue;
      this.#stalled++;
      this.#gate.stalled(ticket);
    }
    this.#wake();
  }

  /**
   * Takes back what became of a job: reports it, or lines the job up for another attempt. A job that the end of the
   * run kept from being tried at all (aborted, and `attempts` is 0) isn't reported: it counts as not started.
   *
   * @param outcome The outcome of a job that this queue handed out and that wasn't settled before.
   * @throws {Error} If there is no such job: a strategy that settles twice has a bug.
   */
  settle(outcome: Outcome): void {
    const { meter } = this.#options;
    const ticket = this.#inFlight.get(outcome.id);
    if (!ticket) throw new Error(`Job ${outcome.id} (${outcome.url}) was settled twice, or never handed out`);
    this.#inFlight.delete(outcome.id);
    meter.inFlight--;
    meter.bytes += outcome.bytes;
    if (ticket.isStalled) this.#stalled--;
    if (ticket.account) ticket.account.inFlight--;
    if (outcome.result === "failed" && outcome.kind === "too-many-open-files") this.#places.runOut(meter.inFlight);
    else this.#places.settle();
    const isTold = ticket.host || this.#gate.isNeeded || outcome.result === "failed";
    const isHosts = isTold ? this.#tellGate(ticket, outcome) : false;
    if (outcome.result === "failed" && outcome.kind === "aborted" && outcome.attempts === 0) meter.started--;
    else if (outcome.result === "failed" && this.#isPutBack(ticket, outcome)) this.#putBack(ticket);
    else if (outcome.result === "failed" && this.#isRetried(ticket, outcome, isHosts)) {
      this.#retryLater(ticket, outcome);
    } else this.#end(outcome, ticket.job);
    this.#wakeSoon();
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
    const open = this.#inFlight.size + this.#waiting;
    if (open > 0) throw new Error(`The strategy returned with ${open} downloads unaccounted for`);
    if (!this.#exhausted) throw new Error("The strategy returned before the source was exhausted");
  }

  /** How many have been pulled or tried, and wait. */
  get #waiting(): number {
    return this.#retries.size + this.#ready.length + this.#gate.waiting;
  }

  get #ended(): boolean {
    return this.#exhausted && this.#inFlight.size + this.#waiting === 0;
  }

  #next(account: Account): Promise<Pull> {
    const job = this.#idle === 0 ? this.#take(account) : undefined;
    if (job) return Promise.resolve({ done: false, value: job });
    if (this.#stopped || this.#ended) {
      this.#wake(); // the last download may have needed no lane, and the other lanes don't know it yet
      return Promise.resolve(END);
    }
    const { promise, resolve } = Promise.withResolvers<Pull>();
    account.idle.push(resolve);
    if (this.#idle++ > 0) this.#wakeOne(); // perhaps another share's lane, which has waited for this
    return promise;
  }

  #takeReady(max: number, account: Account): Job[] {
    const jobs: Job[] = [];
    while (jobs.length < max) {
      const job = this.#take(account);
      if (!job) break;
      jobs.push(job);
    }
    return jobs;
  }

  #take(account: Account): Job | undefined {
    const { meter } = this.#options;
    const concurrency = this.#places.regular;
    if (meter.inFlight - this.#stalled >= concurrency || meter.inFlight >= this.#places.all) return undefined;
    const ticket = this.#gate.next(meter.inFlight < concurrency) ?? this.#find(meter.inFlight < concurrency);
    if (ticket === undefined) return undefined;
    const { job } = ticket;
    ticket.account = account;
    account.inFlight++;
    this.#inFlight.set(job.id, ticket);
    if (job.attempt === 1) meter.started++;
    else meter.retries++;
    meter.inFlight++;
    if (meter.inFlight > meter.peakInFlight) meter.peakInFlight = meter.inFlight;
    return job;
  }

  /** The first of those that are due, or else of the source, that its host lets through now. */
  #find(hasRoom: boolean): Ticket | undefined {
    for (let looked = 0; looked < LOOKS_PER_TURN; looked++) {
      const ticket = this.#ready.shift() ?? this.#pull();
      if (ticket === undefined) return undefined;
      if (ticket === "skipped") continue;
      if (!this.#gate.isNeeded) return ticket;
      if (this.#gate.ask(ticket, hasRoom) === "go") return ticket;
    }
    this.#pulling = true;
    this.#pause = setTimeout(() => {
      this.#pulling = false;
      this.#wake();
    }, 0);
  }

  /** The source's next download, if it has one now and there is room for it to wait. */
  #pull(): Ticket | "skipped" | undefined {
    if (this.#exhausted || this.#pulling || this.#waiting >= MAX_WAITING) return undefined;
    while (this.#taken === this.#batch.length) if (!this.#pullBatch()) return undefined;
    return this.#enter(this.#batch[this.#taken++]);
  }

  /** Gets what the source has next, and says whether it had something to give at once. */
  #pullBatch(): boolean {
    let pulled;
    try {
      pulled = this.#source.next();
    } catch (cause) {
      this.#fail(cause);
      return false;
    }
    if (!(pulled instanceof Promise)) return this.#receive(pulled);
    this.#pulling = true;
    pulled.then((result) => {
      this.#pulling = false;
      this.#receive(result);
      this.#wake();
    }, (cause) => this.#fail(cause));
    return false;
  }

  #receive({ done, value }: IteratorResult<Item | readonly Item[], unknown>): boolean {
    if (this.#stopped) return false;
    if (done) {
      this.#exhausted = this.#options.meter.isRead = true;
      return false;
    }
    const given = value as Item | readonly Item[];
    this.#batch = isBatch(given) ? given : [given];
    this.#taken = 0;
    return true;
  }

  /** Numbers a download, and says what is to be done with it. */
  #enter(item: Item): Ticket | "skipped" | undefined {
    const { meter, enter } = this.#options;
    const id = this.#nextId++;
    meter.asked++;
    const download = typeof item === "string" ? { url: item } : item;
    if (!enter) return { job: { ...download, id, attempt: 1 } };
    let entry: Admission;
    try {
      entry = enter(download);
    } catch (cause) {
      this.#fail(cause);
      return undefined;
    }
    if (entry.state === "unsaved") return { job: { ...download, id, attempt: 1 } };
    if (entry.state === "new") {
      const { state: _, ...target } = entry;
      return { job: { ...download, id, attempt: 1, target } };
    }
    meter.started++;
    this.#end({
      ...{ result: "skipped", id, url: splitCredentials(download.url).url, attempts: 0, bytes: 0 },
      ...{ startedAt: performance.timeOrigin + performance.now(), totalMs: 0 },
      ...entry.state === "duplicate"
        ? { reason: "duplicate" }
        : { reason: "there", file: entry.file, size: entry.bytes },
    }, download);
    return "skipped";
  }

  #isRetried(ticket: Ticket, failed: Failed, isHosts: boolean): boolean {
    const { retries, retryOn, retryMaxTimeMs = RETRY_MAX_TIME_MS } = this.#options;
    if (this.#stopped || !(isTransient(failed, retryOn) || isFirstMismatch(ticket, failed))) return false;
    ticket.budget ??= new RetryBudget({ retries, retryMaxTimeMs });
    return ticket.budget.allows(failed, { isHosts, now: performance.now() });
  }

  #retryLater(ticket: Ticket, last: Failed): void {
    const tries = ticket.budget?.tries ?? 1;
    const wait = Math.max(backoff(tries, { baseMs: this.#options.backoffMs }), last.retryAfterMs ?? 0);
    ticket.last = last;
    this.#dueIn(wait, ticket, { ...ticket.job, attempt: ticket.job.attempt + 1 });
  }

  #isPutBack(ticket: Ticket, failed: Failed): boolean {
    return !this.#stopped && isNeverBegun(failed) && (ticket.neverBegun ?? 0) < MAX_NEVER_BEGUN;
  }

  /** Lines a job up for the same attempt, since the last one never was one. */
  #putBack(ticket: Ticket): void {
    const { meter } = this.#options;
    if (ticket.job.attempt === 1) meter.started--;
    else meter.retries--;
    ticket.neverBegun = (ticket.neverBegun ?? 0) + 1;
    const bounds = { baseMs: NEVER_BEGUN_BACKOFF_MS, maxMs: MAX_NEVER_BEGUN_BACKOFF_MS };
    this.#dueIn(backoff(ticket.neverBegun, bounds), ticket, ticket.job);
  }

  #dueIn(ms: number, ticket: Ticket, job: Job): void {
    ticket.timer = setTimeout(() => {
      this.#retries.delete(ticket);
      ticket.job = job;
      this.#ready.push(ticket);
      this.#wake();
    }, ms);
    this.#retries.add(ticket);
  }

  /** Says whether a failure was the host's and not the download's. */
  #tellGate(ticket: Ticket, outcome: Outcome): boolean {
    const { status } = outcome;
    const failed = outcome.result === "failed" ? outcome : undefined;
    const isReached = status !== undefined || outcome.result === "done";
    const retryAfterMs = failed && isTransient(failed, this.#options.retryOn) ? failed.retryAfterMs : undefined;
    const meaning = meaningOf(failed);
    const isUnreached = failed && isUnreachable(failed) && !isNeverBegun(failed);
    return this.#gate.end(ticket, {
      as: isReached ? "answered" : isUnreached ? "unreachable" : "unknown",
      isOverload: meaning === "overload" || retryAfterMs !== undefined,
      isGatewayError: meaning === "gateway",
      isNowhere: failed?.kind === "dns" && !isTransient(failed),
      retryAfterMs,
    });
  }

  /** A host is dead: ends what waited for it. */
  readonly #refuse = ({ job, last }: Ticket, why: string): void => {
    const { meter } = this.#options;
    if (last) return this.#end(last, job);
    meter.started++;
    const facts = { id: job.id, url: splitCredentials(job.url).url, attempts: 0, totalMs: 0, bytes: 0 };
    const startedAt = performance.timeOrigin + performance.now();
    this.#end({ result: "failed", ...facts, startedAt, kind: "circuit-open", message: why }, job);
  };

  #end(outcome: Outcome, download: Download): void {
    const { meter, maxFailures = Infinity } = this.#options;
    meter[outcome.result]++;
    try {
      this.#report(outcome, download);
    } catch (cause) {
      this.#fail(cause);
    }
    if (outcome.result !== "failed" || this.#stopped) return;
    if (outcome.kind === "cannot-write") {
      const cause = new CannotWriteError(outcome.message);
      this.#failure ??= { cause };
      this.#abort(cause);
    } else if (meter.failed >= maxFailures) {
      this.#abort(new Error(maxFailures === 1 ? "a download has failed" : `${maxFailures} downloads have failed`));
    }
  }

  /** Gives idle lanes what is ready, or sends them home when all is done. */
  #wake(): void {
    while (this.#idle > 0) if (!this.#wakeOne()) return;
  }

  #wakeOne(): boolean {
    const account = this.#neediest();
    const job = this.#take(account);
    if (!job && !this.#ended && !this.#stopped) return false;
    this.#idle--;
    account.idle.pop()?.(job ? { done: false, value: job } : END);
    return true;
  }

  /** The account with the fewest jobs in flight of those whose lanes wait. */
  #neediest(): Account {
    let neediest = this.#own;
    for (const account of this.#accounts) {
      if (account.idle.length === 0) continue;
      if (neediest.idle.length === 0 || account.inFlight < neediest.inFlight) neediest = account;
    }
    return neediest;
  }

  /** Wakes lanes once those that have settled in this turn have asked for their next jobs, lest more are opened than needed. */
  #wakeSoon(): void {
    if (this.#idle === 0 || this.#wakes) return;
    this.#wakes = true;
    setImmediate(() => {
      this.#wakes = false;
      this.#wake();
    });
  }

  /** Lets the source close what it has open. Not waited for, since one that hangs would hold up the end of the run. */
  async #leaveSource(): Promise<void> {
    try {
      await this.#source.return?.();
    } catch (cause) {
      this.#failure ??= { cause };
    }
  }

  /** Nothing more is handed out, and `close()` throws this on. */
  #fail(cause: unknown): void {
    this.#failure ??= { cause };
    this.#stop();
  }

  #abort(reason: Error): void {
    this.#options.meter.stopped = reason.message;
    this.#stop();
    this.#options.abort?.(reason);
  }

  readonly #stop = (): void => {
    this.#stopped = this.#exhausted = true;
    clearTimeout(this.#pause);
    const waiting = [...this.#retries, ...this.#ready.takeAll(), ...this.#gate.close()];
    this.#retries.clear();
    for (const { timer } of waiting) clearTimeout(timer);
    for (const { last, job } of waiting) if (last) this.#end(last, job);
    this.#wake();
  };
}

/**
 * Whether a body has other bytes than its SHA-256 says for the first time: it may have been damaged on the way, or before it
 * was continued, and is fetched once more from its beginning.
 */
function isFirstMismatch(ticket: Ticket, { kind }: Failed): boolean {
  if (kind !== "checksum" || ticket.mismatched) return false;
  return ticket.mismatched = true;
}

/** `Array.isArray` doesn't narrow a readonly array. */
function isBatch(given: Item | readonly Item[]): given is readonly Item[] {
  return Array.isArray(given);
}
