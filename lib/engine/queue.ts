/**
 * The one queue that every lane of a strategy takes from: it hands each job to one lane, takes its outcome back, and keeps
 * the books, so that every download is reported exactly once.
 *
 * Where jobs come from and where they wait is known elsewhere: a {@linkcode SourceReader} pulls them, {@linkcode HostLimits}
 * queue them by host, {@linkcode RetryTimers} defer those that are tried again, and {@linkcode Shares} hold the lanes that
 * wait for one.
 *
 * @module
 */

import type { Job } from "../core/download.ts";
import { CannotWriteError } from "../core/errors.ts";
import type { HostsOptions } from "../core/host_settings.ts";
import type { QueueState } from "../core/meter.ts";
import type { Failed, Outcome } from "../core/outcome.ts";
import type { HostStates, SharedEngine, SharedRun } from "../core/shared_run.ts";
import type { Report, Source } from "../core/source.ts";
import type { FurtherRequests, Leave } from "./further_requests.ts";
import type { HostOptions } from "./host.ts";
import { HostLimits, type HostRequest } from "./host_limits.ts";
import { hostSignal } from "./host_signal.ts";
import { type Flight, InFlight, type InFlightOptions } from "./in_flight.ts";
import { Mirrors } from "./mirrors.ts";
import { Reporter, type ReporterOptions } from "./reporter.ts";
import { type Retried, type RetryOptions, RetryPolicy } from "./retry_policy.ts";
import type { RobotsGate } from "./robots_gate.ts";
import { RetryTimers } from "./retry_timers.ts";
import { type Account, type Share, Shares } from "./shares.ts";
import { SourceReader, type SourceReaderOptions } from "./source_reader.ts";

/** Deferred downloads at which reading the list pauses: memory stays flat, and other hosts' downloads are still found. */
export const MAX_WAITING = 10_000;

/** What a {@linkcode Queue} needs to know. */
export interface QueueOptions
  extends
    InFlightOptions,
    HostOptions,
    HostsOptions,
    RetryOptions,
    ReporterOptions,
    Pick<SourceReaderOptions, "enter"> {
  /** Ends the queue: nothing more is handed out, and deferred jobs are reported as the failures they are. */
  signal: AbortSignal;
  /** Called when the queue ends before its time: what is in flight should be ended. Default: it ends by itself. */
  abort?: (reason: unknown) => void;
  /** The run that this one is a part of, on many machines. Default: none. */
  shared?: SharedRun;
  /** Lets through what robots.txt allows. Default: all goes through. */
  robots?: RobotsGate;
}

/** Jobs looked at in a row that can't or needn't be started, until other work gets its turn: about 10 ms. */
const LOOKS_PER_TURN = 5_000;

/** A job on its way through the queue. */
export interface Ticket extends Flight, HostRequest, Retried {
  /** What is downloaded. */
  job: Job;
  /** Its URLs, if it has several. */
  mirrors?: Mirrors;
  /** How its last attempt ended, once there was one. */
  last?: Outcome;
  /** Whether it gets no further attempt here, because its partition goes to another machine. */
  isWithdrawn?: boolean;
}

/** A queue of jobs that any number of loops may iterate over at once; each job goes to one of them. */
export class Queue implements AsyncIterableIterator<Job, undefined>, Share, Omit<SharedEngine, "abort"> {
  readonly #options: QueueOptions;
  readonly #reporter: Reporter;
  readonly #reader: SourceReader;
  readonly #hosts: HostLimits<Ticket>;
  readonly #policy: RetryPolicy;
  readonly #retries: RetryTimers<Ticket>;
  readonly #shares: Shares;
  readonly #own: Share;
  readonly #inFlight: InFlight<Ticket>;
  /** Requests of jobs besides one for each; absent where nobody asks for any. */
  #further: FurtherRequests<Ticket> | undefined;
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
    this.#options = options;
    const { meter, enter, concurrency, perHost, rate, hosts, retryMaxTimeMs, signal, shared, robots } = options;
    const { maxFailures, unwanted } = options;
    const onReady = () => this.#shares.wake();
    const onError = this.#fail;
    const take = (account: Account) => this.#take(account);
    const takeIfHeld = shared && ((account: Account) => shared.mayStart() ? this.#take(account) : undefined);
    this.#shares = new Shares({ take: takeIfHeld ?? take, isOver: () => this.#isOver });
    this.#own = this.#shares.open();
    const reporter = new Reporter(report, { meter, maxFailures, unwanted, onError, onHopeless: this.#giveUp });
    this.#reporter = reporter;
    const onSkipped: SourceReaderOptions["onSkipped"] = (...skipped) => reporter.endAtOnce(...skipped);
    this.#reader = new SourceReader(source, { meter, enter, onReady, onSkipped, onError });
    if (robots) robots.onReady = onReady;
    const perSecondFor = robots && ((url: string) => robots.perSecondFor(url));
    const limits = { perHost, rate, hosts, perSecondFor, retryMaxTimeMs, places: concurrency };
    const onNews = shared && ((partition: number) => shared.onHostNews(partition));
    this.#hosts = new HostLimits({ ...limits, onFree: onReady, onRefused: this.#refuse, onNews });
    this.#inFlight = new InFlight(options);
    this.#policy = new RetryPolicy(options);
    this.#retries = new RetryTimers(onReady);
    signal.addEventListener("abort", this.#stop);
    if (signal.aborted) this.#stop();
  }

  /** The queue itself. It has no `return()`, so a loop that is left doesn't end it for the others. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next job, as soon as there is one; `done` once every job has ended, or the signal was aborted. */
  next(): Promise<IteratorResult<Job, undefined>> {
    return this.#own.next();
  }

  /** The next job, if there is one that can start right now and no other share's lane waits for it. */
  readonly takeNow = (): Job | undefined => this.#own.takeNow();

  /**
   * Jobs that can start right now, without waiting for any.
   *
   * @param max How many at most.
   * @returns From none to `max` jobs.
   */
  takeReady(max: number): Job[] {
    return this.#own.takeReady(max);
  }

  /**
   * Opens a share: where more lanes wait than may start, the share with the fewest jobs in flight comes first.
   *
   * @returns What takes jobs from this queue, for another isolate than those that have a share.
   */
  share(): Share {
    return this.#shares.open();
  }

  /**
   * Has jobs in flight make further requests.
   *
   * @returns What gives them leave.
   */
  async further(): Promise<Leave> {
    const { FurtherRequests } = await import("./further_requests.ts");
    return this.#further ??= new FurtherRequests(this.#inFlight, this.#hosts, () => this.#shares.wakeSoon());
  }

  /**
   * Notes that jobs in flight bring next to nothing: other hosts' may be started in their place.
   *
   * @param ids The numbers of the jobs. Those that aren't in flight any more are left out.
   */
  stalled(ids: readonly number[]): void {
    if (this.#options.concurrency === undefined) return;
    for (const id of ids) {
      const ticket = this.#inFlight.stall(id);
      if (ticket) this.#hosts.stalled(ticket);
    }
    this.#shares.wake();
  }

  /**
   * Takes back what became of a job: reports it, or defers the job for another attempt. A job that the end of the run kept
   * from being tried at all (aborted, and `attempts` is 0) isn't reported: it counts as not started.
   *
   * @param outcome The outcome of a job that this queue handed out and that wasn't settled before.
   * @throws {Error} If there is no such job: a strategy that settles twice has a bug.
   */
  settle(outcome: Outcome): void {
    const { meter, retryOn } = this.#options;
    this.#further?.end(outcome.id);
    const ticket = this.#inFlight.takeBack(outcome);
    meter.bytes += outcome.bytes;
    const failed = outcome.result === "failed" ? outcome : undefined;
    const { quota } = outcome;
    const concernsHost = (ticket.host ?? failed ?? quota) !== undefined || this.#hosts.isNeeded;
    const isHosts = concernsHost && this.#hosts.end(ticket, hostSignal(outcome, retryOn));
    if (quota !== undefined) delete outcome.quota; // it says nothing of the download
    if (failed && ticket.isWithdrawn && (failed.kind === "aborted" || this.#policy.next(ticket, failed, isHosts))) {
      meter.asked--; // another machine starts it again
      meter.started--;
    } else if (failed?.kind === "aborted" && failed.attempts === 0) meter.started--;
    else if (!failed || !this.#triesAgain(ticket, failed, isHosts)) {
      if (!ticket.mirrors || !this.#asksNext(ticket, outcome)) this.#end(ticket, outcome);
    }
    this.#shares.wakeSoon();
  }

  /** Takes a partition's downloads out; see {@linkcode SharedEngine.withdraw}. */
  withdraw(partition: number): number[] {
    const { meter } = this.#options;
    const isOf = ({ job }: Ticket) => job.partition === partition;
    const queued = [...this.#retries.takeWhere(isOf), ...this.#heldByRobots(isOf), ...this.#hosts.withdraw(partition)];
    meter.asked -= queued.length;
    meter.started -= queued.filter(({ job }) => job.attempt > 1).length;
    const flying = this.#inFlight.where(isOf);
    for (const ticket of flying) ticket.isWithdrawn = true;
    this.#shares.wake();
    return flying.map(({ job }) => job.id);
  }

  /** What is known of a partition's hosts; see {@linkcode SharedEngine.exportHosts}. */
  exportHosts(partition: number): HostStates {
    return this.#hosts.export(partition);
  }

  /** Begins with what is known elsewhere; see {@linkcode SharedEngine.importHosts}. */
  importHosts(partition: number, states: HostStates): void {
    this.#hosts.import(partition, states);
  }

  /** Looks again whether a request may start. */
  wake(): void {
    this.#shares.wake();
  }

  /**
   * Checks the books once the strategy has returned, and leaves a source that wasn't read to its end.
   *
   * @throws What the source or `report` threw; an `Error` when a download was left without an outcome.
   */
  close(): void {
    this.#options.signal.removeEventListener("abort", this.#stop);
    if (this.#stopped) this.#reader.leave();
    if (this.#failure) throw this.#failure.cause;
    const open = this.#inFlight.size + this.#queued;
    if (open > 0) throw new Error(`The strategy returned with ${open} downloads unaccounted for`);
    if (!this.#reader.isEnded) throw new Error("The strategy returned before the source was exhausted");
  }

  /** What waits, and for what. Looks at every host. */
  get state(): QueueState {
    return { retries: this.#retries.size, held: this.#queued - this.#retries.size, ...this.#hosts.census() };
  }

  /** Jobs that have been pulled and aren't in flight: queued for their hosts, or deferred. */
  get #queued(): number {
    return this.#retries.size + this.#hosts.waiting + (this.#options.robots?.waiting ?? 0);
  }

  get #isOver(): boolean {
    return this.#stopped || (this.#reader.isEnded && this.#inFlight.size + this.#queued === 0);
  }

  #take(account: Account): Job | undefined {
    if (!this.#inFlight.hasPlace) return undefined;
    const hasRoom = this.#inFlight.hasRegularPlace;
    const ticket = this.#hosts.next(hasRoom) ?? this.#find(hasRoom);
    if (ticket === undefined) return undefined;
    this.#inFlight.add(ticket, account);
    if (ticket.job.attempt === 1) this.#options.meter.started++;
    else this.#options.meter.retries++;
    return ticket.job;
  }

  /** The first of those that are due, or else of the source, whose host may get a request now. */
  #find(hasRoom: boolean): Ticket | undefined {
    const { robots } = this.#options;
    for (let looked = 0; looked < LOOKS_PER_TURN; looked++) {
      const ticket = this.#retries.takeDue() ?? robots?.takeReady() as Ticket | undefined ?? this.#pull();
      if (ticket === undefined) return undefined;
      if (ticket === "skipped" || (robots && !this.#isAllowed(robots, ticket))) continue;
      if (!this.#hosts.isNeeded || this.#hosts.ask(ticket, hasRoom) === "go") return ticket;
    }
    this.#reader.pause();
  }

  /** Whether robots.txt allows a job; if that isn't known, it waits there. */
  #isAllowed(robots: RobotsGate, ticket: Ticket): boolean {
    const said = robots.ask(ticket);
    if (typeof said === "object" && !this.#asksNext(ticket, said.why)) this.#leaveOut(ticket, said.why, "robots");
    return said === "go";
  }

  /** Takes what waits for robots.txt out. */
  #heldByRobots(isOut: (ticket: Ticket) => boolean): Ticket[] {
    return (this.#options.robots?.takeWhere((each) => isOut(each as Ticket)) ?? []) as Ticket[];
  }

  /** The source's next download, if it has one now and there is room for it in the queue. */
  #pull(): Ticket | "skipped" | undefined {
    if (this.#queued >= MAX_WAITING) return undefined;
    const job = this.#reader.next();
    if (typeof job !== "object") return job;
    // With room for its account from the start: 40 ns less for each job than when that is added later
    return job.mirrors?.length ? withMirrors(job) : { job, account: undefined };
  }

  /** Defers a job for another attempt, and says whether there is one. */
  #triesAgain(ticket: Ticket, failed: Failed, isHosts: boolean): boolean {
    // Where there is another host to ask, this one isn't waited for
    const next = this.#stopped ? undefined : this.#policy.next(ticket, failed, isHosts && !ticket.hasOther);
    if (next === undefined) return false;
    const { attempt } = ticket.job;
    if (next.isSameAttempt) {
      if (attempt === 1) this.#options.meter.started--;
      else this.#options.meter.retries--;
    } else {
      ticket.last = failed;
      ticket.job = { ...ticket.job, attempt: attempt + 1 };
    }
    this.#retries.defer(ticket, next.inMs);
    return true;
  }

  /** Defers a job that has ended for another of its URLs, and says whether there is one. */
  #asksNext(ticket: Ticket, ended: Outcome | string): boolean {
    const { mirrors } = ticket;
    if (mirrors === undefined || this.#stopped || !mirrors.goOn(ended)) return false;
    const isTried = typeof ended !== "string";
    if (isTried) ticket.last = ended;
    const { job } = ticket;
    ticket.job = mirrors.jobOf(isTried ? { ...job, attempt: job.attempt + 1 } : job);
    ticket.hasOther = mirrors.hasNext;
    // What is known of it is of the one before
    ticket.isProbe = false;
    ticket.budget = ticket.mismatched = ticket.neverBegun = undefined;
    this.#retries.defer(ticket, 0);
    return true;
  }

  #end({ job, mirrors }: Ticket, outcome: Outcome): void {
    if (mirrors) this.#reporter.end(mirrors.outcome(outcome), mirrors.download(job));
    else this.#reporter.end(outcome, job);
  }

  /** Ends a job that was queued for a host which has been given up, unless it has another. */
  readonly #refuse = (ticket: Ticket, why: string): void => {
    if (!this.#asksNext(ticket, why)) this.#leaveOut(ticket, why, "circuit-open");
  };

  /** Ends a job without a further request. */
  #leaveOut(ticket: Ticket, why: string, kind: "circuit-open" | "robots"): void {
    const { job, last, mirrors } = ticket;
    if (last) this.#end(ticket, last);
    else if (mirrors) this.#reporter.refuse({ ...job, url: job.original ?? job.url }, mirrors.summary(why), kind);
    else this.#reporter.refuse(job, why, kind);
  }

  /** Nothing more is handed out, and `close()` throws this on. */
  readonly #fail = (cause: unknown): void => {
    this.#failure ??= { cause };
    this.#stop();
  };

  /** Nothing more is handed out, and what is in flight is ended. */
  readonly #giveUp = (reason: Error): void => {
    if (this.#stopped) return;
    if (reason instanceof CannotWriteError) this.#failure ??= { cause: reason };
    this.#options.meter.stopped = reason.message;
    this.#stop();
    this.#options.abort?.(reason);
  };

  readonly #stop = (): void => {
    this.#stopped = true;
    this.#reader.stop();
    const queued = [...this.#retries.takeAll(), ...this.#heldByRobots(() => true), ...this.#hosts.close()];
    for (const ticket of queued) if (ticket.last) this.#end(ticket, ticket.last);
    this.#shares.wake();
  };
}

/** A job that begins with one of its URLs. */
function withMirrors(job: Job): Ticket {
  const mirrors = new Mirrors(job);
  return { job: mirrors.jobOf(job), account: undefined, mirrors, hasOther: mirrors.hasNext };
}
