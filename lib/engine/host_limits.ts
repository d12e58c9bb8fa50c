/**
 * Which host may get a request now. What a host can take is known by its {@linkcode Host}: a rate limiter, a concurrency
 * limiter and a circuit breaker.
 *
 * What may not start now is deferred here by its host, and other hosts' downloads go first. A host is remembered only if
 * there is a reason: without limits, and as long as nothing goes wrong, there is nothing to look up.
 *
 * Hosts that have never answered may be down, and share half of the places; once those are taken, each has one. So a list
 * that begins with hosts that are down can't keep requests from those that answer.
 *
 * @module
 */

import { MAX_REMEMBERED_ORIGINS } from "../../constants.ts";
import { Fifo } from "../core/fifo.ts";
import { type HostsOptions, HostTable } from "../core/host_settings.ts";
import type { HostStates } from "../core/shared_run.ts";
import { type Ended, Host, type HostOptions } from "./host.ts";
import { readHostStates, writeHostState } from "./host_state.ts";

/** A request, as far as it concerns a {@linkcode HostLimits}, which keeps all but the job. */
export interface HostRequest {
  /** The URL says which host it is for. */
  readonly job: { readonly url: string; readonly attempt: number; readonly partition?: number };
  /** The host, while the request is in flight. */
  host?: Host<HostRequest>;
  /** Whether it brings next to nothing. */
  isStalled?: boolean;
  /** Whether it is to find out whether its host answers again. */
  isProbe?: boolean;
  /** Whether another host can be asked in place of one whose circuit is open. */
  hasOther?: boolean;
}

/** Options of {@linkcode HostLimits}. */
export interface HostLimitsOptions<G extends HostRequest> extends HostOptions, HostsOptions {
  /** Requests in flight to all hosts together at most. Default: no limit. */
  places?: number;
  /** Says how many requests per second the website of a URL asks for at most, if it does. Default: none does. */
  perSecondFor?: (url: string) => number | undefined;
  /** Called when what waits may have become free to go without a request having ended. */
  onFree: () => void;
  /** Called with a request that is given up, because its host is down for good; at once, if there is another to ask. */
  onRefused: (request: G, why: string) => void;
  /** Called when a host of a partition has shown what whoever has it next must know. Default: nobody has it next. */
  onNews?: (partition: number) => void;
  /** The time in milliseconds. Default: `performance.now()`. */
  now?: () => number;
}

/** Hosts that are kept when some have to be forgotten: a tenth fewer, because looking at all of them takes its time. */
const KEPT_ORIGINS = 0.9 * MAX_REMEMBERED_ORIGINS;

/** The part of all places that hosts may have together which have never answered. */
const UNPROVEN = 1 / 2;

/** Starts requests to hosts that may get one, and defers the others. */
export class HostLimits<G extends HostRequest> {
  readonly #options: HostLimitsOptions<G>;
  readonly #isLimited: boolean;
  /** What holds for some hosts only; undefined if nothing does. */
  readonly #table: HostTable | undefined;
  readonly #now: () => number;
  readonly #hosts = new Map<string, Host<HostRequest>>();
  /** The hosts of each partition, in a run that machines share. */
  readonly #partitions = new Map<number, Set<Host<HostRequest>>>();
  readonly #runnable: Host<HostRequest>[] = [];
  /** Hosts that wait for a place of those that have never answered. */
  readonly #held = new Fifo<Host<HostRequest>>();
  readonly #unprovenPlaces: number;
  /** Requests in flight to hosts that have never answered, without those that have stalled. */
  #unproven = 0;
  #waiting = 0;

  /**
   * Makes limits that know no host yet.
   *
   * @param options The limits, and whom to tell what.
   */
  constructor(options: HostLimitsOptions<G>) {
    this.#options = options;
    const { perHost = Infinity, rate = Infinity, places = Infinity, hosts = {}, perSecondFor } = options;
    this.#unprovenPlaces = places * UNPROVEN;
    if (Object.keys(hosts).length > 0) this.#table = new HostTable(hosts);
    this.#isLimited = perHost !== Infinity || rate !== Infinity || (this.#table ?? perSecondFor) !== undefined;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Whether there is anything to ask it. */
  get isNeeded(): boolean {
    return this.#hosts.size > 0 || this.#isLimited;
  }

  /** How many requests wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Counts the hosts that requests wait for, and those whose circuit breaker isn't closed. Looks at every host. */
  census(): { hosts: number; openCircuits: number } {
    let [hosts, openCircuits] = [0, 0];
    for (const host of this.#hosts.values()) {
      if (host.waiting > 0) hosts++;
      if (host.isOpen) openCircuits++;
    }
    return { hosts, openCircuits };
  }

  /**
   * Asks whether a request may start. If it may not start now, it waits here.
   *
   * @param request The request.
   * @param hasRoom Whether a host may be asked some of whose requests have stalled.
   * @returns Whether it may be started now, waits, or was given to `onRefused`.
   */
  ask(request: G, hasRoom: boolean): "go" | "wait" | "refused" {
    const host = this.#host(request);
    const asked = this.#options.perSecondFor?.(request.job.url);
    if (asked !== undefined) host.slowDown(asked);
    const isRetry = request.job.attempt > 1;
    const ms = host.waitMs(this.#now(), hasRoom);
    if (ms === "gone" || (ms > 0 && host.isOpen && request.hasOther)) {
      this.#refuse(host, request);
      return "refused";
    }
    if (ms === 0 && this.#mayStart(host) && (host.waiting === 0 || (isRetry && !host.isOpen))) {
      this.#start(host, request);
      return "go";
    }
    if (request.hasOther) host.hasOthers = true;
    if (isRetry) host.retries.push(request);
    else host.fresh.push(request);
    this.#waiting++;
    this.#wake(host, ms);
    return "wait";
  }

  /**
   * Starts a further request of a job that is in flight and has its answer, if its host may get one now and nothing else waits
   * for it.
   *
   * @param request The request.
   * @returns Whether it was started. If not, it doesn't wait here either.
   */
  startNow(request: G): boolean {
    if (!this.isNeeded) return true;
    const host = this.#host(request);
    if (!host.hasAnswered) this.#unproven -= host.inFlight - host.stalled;
    host.hasAnswered = true;
    const mayStart = host.waiting === 0 && !host.isOpen && host.waitMs(this.#now(), false) === 0;
    if (mayStart) this.#start(host, request);
    return mayStart;
  }

  /**
   * Has a request that is in flight be made once more, for something else.
   *
   * @param request The request.
   * @returns Whether its host may get it now; if not, it is in flight as before.
   */
  startAgain(request: G): boolean {
    const { host } = request;
    if (host === undefined) return true;
    const now = this.#now();
    host.leave();
    const mayStart = host.waitMs(now, true) === 0;
    if (mayStart) host.start(now);
    else host.adopt();
    return mayStart;
  }

  /**
   * Takes a request that has waited and may be started now. Hosts take turns.
   *
   * @param hasRoom Whether a host may be asked some of whose requests have stalled.
   * @returns Undefined when there is none.
   */
  next(hasRoom: boolean): G | undefined {
    for (let host = this.#nextRunnable(); host; host = this.#nextRunnable()) {
      const ms = host.waitMs(this.#now(), hasRoom);
      if (ms === "gone") { for (const each of this.#takeAll(host)) this.#refuse(host, each); }
      else if (ms > 0) this.#rest(host, ms);
      else if (!this.#mayStart(host)) this.#hold(host);
      else {
        const request = this.#takeOne(host);
        if (request === undefined) continue;
        this.#start(host, request);
        this.#wake(host, 0);
        return request;
      }
    }
  }

  /**
   * Notes that a request has stalled. As long as it is stalled, others to its host start only where there is room.
   */
  stalled(request: G): void {
    const host = this.#host(request);
    if (request.host === undefined) host.adopt(); // it went before its host was known
    else if (!host.hasAnswered) this.#unproven--;
    request.host = host;
    request.isStalled = true;
    host.stalled++;
  }

  /**
   * Takes a request back that has ended.
   *
   * @param request The request.
   * @param ended How it ended.
   * @returns Whether it failed because of its host, so that it should be made again as if this attempt hadn't been.
   */
  end(request: G, ended: Ended): boolean {
    const isNews = ended.as === "unreachable" || ended.isOverload || ended.isGatewayError ||
      ended.retryAfterMs !== undefined || ended.quota?.remaining === 0;
    const isKept = isNews || ended.quota !== undefined;
    const host = request.host ?? (isKept ? this.#host(request) : this.#hosts.get(hostOf(request.job.url)));
    if (host === undefined) return false;
    const now = this.#now();
    const wasUnproven = !host.hasAnswered;
    if (wasUnproven && request.host && !request.isStalled) this.#unproven--;
    if (request.host) host.leave();
    if (request.isStalled) host.stalled--;
    request.host = undefined;
    request.isStalled = false;
    const isHosts = host.learn(ended, { of: request, now, isProbe: request.isProbe === true });
    if (wasUnproven && host.hasAnswered) this.#unproven -= host.inFlight - host.stalled;
    this.#wake(host, 0);
    if (isNews && host.partition !== undefined) this.#options.onNews?.(host.partition);
    if (host.isForgettable(now)) this.#forget(host);
    return isHosts;
  }

  /** Takes everything of a partition that waits. What is known of its hosts stays. */
  withdraw(partition: number): G[] {
    return this.#of(partition).flatMap((host) => {
      this.#stopTimer(host);
      return this.#takeAll(host);
    });
  }

  /** What is known of a partition's hosts, for whoever has it next. */
  export(partition: number): HostStates {
    const now = this.#now();
    const sinceEpoch = Date.now() - now;
    const states: HostStates = {};
    for (const host of this.#of(partition)) {
      const state = host.state(now);
      if (state) states[host.name] = writeHostState(state, sinceEpoch);
    }
    return states;
  }

  /** Begins with what is known of a partition's hosts elsewhere, in place of what was known here. */
  import(partition: number, states: HostStates): void {
    const now = this.#now();
    for (const host of this.#of(partition)) if (host.inFlight === 0 && host.waiting === 0) this.#forget(host);
    for (const [name, state] of readHostStates(states, { now, sinceEpoch: Date.now() - now })) {
      if (this.#hosts.has(name)) continue; // what is in flight to it says more
      const host = this.#remember(name, partition);
      host.restore(state, now);
    }
  }

  /**
   * Starts nothing any more.
   *
   * @returns What has waited.
   */
  close(): G[] {
    const all: G[] = [];
    for (const host of this.#hosts.values()) {
      if (host.timer !== undefined) clearTimeout(host.timer);
      all.push(...this.#takeAll(host));
    }
    this.#hosts.clear();
    this.#partitions.clear();
    this.#runnable.length = 0;
    this.#held.takeAll();
    return all;
  }

  #start(host: Host<HostRequest>, request: G): void {
    request.host = host;
    request.isProbe = host.isOpen;
    host.start(this.#now());
    if (!host.hasAnswered) this.#unproven++;
  }

  #mayStart({ hasAnswered, inFlight }: Host<HostRequest>): boolean {
    return hasAnswered || inFlight === 0 || this.#unproven < this.#unprovenPlaces;
  }

  /** Has a host wait until there is a place again for those that have never answered. */
  #hold(host: Host<HostRequest>): void {
    if (host.isHeld) return;
    host.isHeld = true;
    this.#held.push(host);
  }

  #nextRunnable(): Host<HostRequest> | undefined {
    const runnable = this.#runnable.shift();
    if (runnable) {
      runnable.isRunnable = false;
      return runnable;
    }
    const held = this.#unproven < this.#unprovenPlaces ? this.#held.shift() : undefined;
    if (held) held.isHeld = false;
    return held;
  }

  /** Has what waits for a host wait on, but for what needn't because another host can be asked. */
  #rest(host: Host<HostRequest>, ms: number): void {
    if (host.isOpen && host.hasOthers) {
      host.hasOthers = false;
      const all = this.#takeAll(host);
      for (const each of all.filter(({ hasOther }) => !hasOther)) {
        (each.job.attempt > 1 ? host.retries : host.fresh).push(each);
        this.#waiting++;
      }
      for (const each of all) if (each.hasOther) this.#refuse(host, each);
    }
    this.#wake(host, ms);
  }

  #refuse({ name, refusesAll }: Host<HostRequest>, request: G): void {
    const why = refusesAll ? "refuses every request" : "can't be reached";
    this.#options.onRefused(request, `not tried, because ${name} ${why}`);
  }

  /**
   * Retries go first. But what has failed before may fail for itself, and so says little about a host that doesn't answer;
   * and a host may fail each download once or twice, and then answer it. So it is probed by those that haven't failed, or
   * else by all in turn, and every third time by the one that failed last.
   */
  #takeOne(host: Host<HostRequest>): G | undefined {
    const { isOpen, fresh, retries } = host;
    const isAboutOthers = isOpen && host.probes++ % 3 !== 2;
    const request = isAboutOthers ? fresh.shift() ?? retries.shift() : retries.pop() ?? fresh.shift();
    if (request) this.#waiting--;
    if (host.waiting === 0) this.#stopTimer(host); // what it waited for came sooner than it seemed
    return request as G | undefined;
  }

  #stopTimer(host: Host<HostRequest>): void {
    if (host.timer !== undefined) clearTimeout(host.timer);
    host.timer = undefined;
  }

  #takeAll(host: Host<HostRequest>): G[] {
    const all = [...host.retries.splice(0), ...host.fresh.takeAll()] as G[];
    this.#waiting -= all.length;
    return all;
  }

  /** Has a host looked at again after so many milliseconds, if something waits for it. */
  #wake(host: Host<HostRequest>, ms: number): void {
    if (host.waiting === 0 || host.isRunnable || ms === Infinity) return;
    if (ms === 0) {
      host.isRunnable = true;
      this.#runnable.push(host);
      return;
    }
    const at = this.#now() + ms;
    if (host.timer !== undefined && host.timerAt <= at) return;
    if (host.timer !== undefined) clearTimeout(host.timer); // what it waited for is over sooner than it seemed
    host.timerAt = at;
    host.timer = setTimeout(() => {
      host.timer = undefined;
      this.#wake(host, 0);
      this.#options.onFree();
    }, ms);
  }

  #host({ job, host }: G): Host<HostRequest> {
    if (host !== undefined) return host;
    const name = hostOf(job.url);
    return this.#hosts.get(name) ?? this.#remember(name, job.partition, /^https:/i.test(job.url) ? "443" : "80");
  }

  #remember(name: string, partition: number | undefined, port?: string): Host<HostRequest> {
    if (this.#hosts.size >= MAX_REMEMBERED_ORIGINS) this.#forgetSome();
    const host = new Host<HostRequest>(name, this.#table ? this.#limitsOf(this.#table, name, port) : this.#options);
    this.#hosts.set(name, host);
    if (partition === undefined) return host;
    host.partition = partition;
    const hosts = this.#partitions.get(partition);
    if (hosts) hosts.add(host);
    else this.#partitions.set(partition, new Set([host]));
    return host;
  }

  #limitsOf(table: HostTable, name: string, port?: string): HostOptions {
    const { perHost, rate, retryMaxTimeMs } = this.#options;
    const { concurrency = perHost, rate: own = rate } = table.for(name, port);
    return { perHost: concurrency, rate: own, retryMaxTimeMs };
  }

  #forget(host: Host<HostRequest>): void {
    this.#hosts.delete(host.name);
    if (host.partition === undefined) return;
    const hosts = this.#partitions.get(host.partition);
    hosts?.delete(host);
    if (hosts?.size === 0) this.#partitions.delete(host.partition);
  }

  #of(partition: number): Host<HostRequest>[] {
    return [...this.#partitions.get(partition) ?? []];
  }

  /** Forgets hosts of which there is nothing to remember; if those are too few, also others, oldest first. */
  #forgetSome(): void {
    const now = this.#now();
    for (const host of this.#hosts.values()) {
      if (host.isIdle && !host.isPaused(now)) this.#forget(host);
    }
    for (const host of this.#hosts.values()) {
      if (this.#hosts.size < KEPT_ORIGINS) return;
      if (host.isIdle) this.#forget(host);
    }
  }
}

/** The host of a URL and its port, if it says one. */
function hostOf(url: string): string {
  const start = url.indexOf("//") + 2;
  let end = start;
  while (end < url.length && url[end] !== "/" && url[end] !== "?" && url[end] !== "#") end++;
  const authority = url.slice(start, end);
  return authority.slice(authority.lastIndexOf("@") + 1).toLowerCase();
}
