/**
 * Which host may be asked now: so many requests at once, so many a second, none while it has asked to be left alone, few
 * after it was overloaded, and hardly any while it doesn't answer.
 *
 * What may not start now waits here by its host, and other hosts' downloads go first. Only hosts that have a reason to be
 * known are: without limits, and as long as nothing goes wrong, there is nothing to look up.
 *
 * @module
 */

import {
  HOST_DEAD_AFTER_PROBES,
  HOST_DOWN_AFTER,
  MAX_PROBE_MS,
  MAX_REMEMBERED_ORIGINS,
  PROBE_MS,
} from "../constants.ts";
import { Fifo } from "./fifo.ts";

/** A request, as far as it concerns a {@linkcode HostGate}, which keeps all but the job. */
export interface Gated {
  /** The URL says which host it is for. */
  readonly job: { readonly url: string; readonly attempt: number };
  /** The host, from when it is let through until it has ended. */
  host?: Host;
  /** Whether it brings next to nothing. */
  dawdles?: boolean;
  /** Whether it is to find out whether its host answers again. */
  isProbe?: boolean;
}

/** How a request ended, as far as it concerns its host. */
export interface Ended {
  /** Whether the host answered, couldn't be reached, or neither is known. */
  as: "answered" | "unreachable" | "unknown";
  /** Whether the host said that it was asked too much. */
  isOverload: boolean;
  /** Whether there is no such host, so that it is of no use to wait for it. */
  isNowhere: boolean;
  /** Milliseconds that the host asked to be left alone. Default: it didn't. */
  retryAfterMs?: number;
}

/** What {@linkcode HostGate} can be told. */
export interface HostGateOptions<G extends Gated> {
  /** Requests in flight to one host at most. Default: no limit. */
  perHost?: number;
  /** Requests to one host that are started in a second at most. Default: no limit. */
  rate?: number;
  /** Called when what waits may have become free to go without a request having ended. */
  onFree: () => void;
  /** Called with a request that won't be let through any more, because its host is dead. */
  onRefused: (request: G, why: string) => void;
  /** The time in milliseconds. Default: `performance.now()`. */
  now?: () => number;
}

/** Milliseconds within which a host is overloaded once, however many requests it says that to. */
const OVERLOAD_MS = 1_000;

/** Milliseconds after which it doesn't matter any more that a host was overloaded. */
const RECOVERED_MS = 60_000;

/** What is known of a host. */
class Host {
  /** Requests in flight, as far as they were let through since it is known. */
  inFlight = 0;
  /** How many of them dawdle. */
  dawdling = 0;
  /** When it may be asked again. */
  notBefore = 0;
  /** When its rate allows the next request. */
  nextByRate = 0;
  /** Requests in flight that it stands: half as many after an overload, then one more with every round of answers. */
  stands: number = Infinity;
  /** When it was last overloaded. */
  overloadedAt: number = -Infinity;
  /** How many requests in a row couldn't reach it. */
  failures = 0;
  /** How many of them were sent to find out whether it answers again. */
  probes = 0;
  /** Whether it is among the hosts that may have something to let through. */
  isRunnable = false;
  /** What looks again when it may next be asked, if that isn't now. */
  timer: ReturnType<typeof setTimeout> | undefined;
  /** First attempts that wait to be let through to it. */
  readonly fresh: Fifo<Gated> = new Fifo();
  /** Further attempts that wait, the last one first. */
  readonly retries: Gated[] = [];

  /**
   * Makes a host of which nothing is known yet.
   *
   * @param name Its name, with the port.
   */
  constructor(readonly name: string) {}

  /** Whether only one request now and then finds out whether it answers again. */
  get isDown(): boolean {
    return this.failures >= HOST_DOWN_AFTER;
  }

  /** How many wait for it. */
  get waiting(): number {
    return this.fresh.length + this.retries.length;
  }

  /** Whether others fail without being tried. */
  get isDead(): boolean {
    return this.probes >= HOST_DEAD_AFTER_PROBES;
  }
}

export type { Host };

/** Lets requests through to their hosts, or has them wait. */
export class HostGate<G extends Gated> {
  readonly #options: HostGateOptions<G>;
  readonly #perHost: number;
  readonly #msApart: number;
  readonly #now: () => number;
  readonly #hosts = new Map<string, Host>();
  readonly #runnable: Host[] = [];
  #waiting = 0;

  /**
   * Makes a gate that knows no host yet.
   *
   * @param options The limits, and whom to tell what.
   */
  constructor(options: HostGateOptions<G>) {
    this.#options = options;
    this.#perHost = options.perHost ?? Infinity;
    this.#msApart = 1_000 / (options.rate ?? Infinity);
    this.#now = options.now ?? (() => performance.now());
  }

  /** Whether there is anything to ask it. */
  get isNeeded(): boolean {
    return this.#hosts.size > 0 || this.#perHost !== Infinity || this.#msApart > 0;
  }

  /** How many requests wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Asks for a request to be let through. If it may not be started now, it waits here.
   *
   * @param request The request.
   * @param hasRoom Whether a host may be asked some of whose requests dawdle.
   * @returns Whether it may be started now, waits, or was given to `onRefused`.
   */
  ask(request: G, hasRoom: boolean): "go" | "wait" | "refused" {
    const host = this.#host(request);
    const isRetry = request.job.attempt > 1;
    const ms = this.#waitFor(host, hasRoom);
    if (ms === "dead") {
      this.#refuse(host, request);
      return "refused";
    }
    if (ms === 0 && (host.waiting === 0 || (isRetry && !host.isDown))) {
      this.#letThrough(host, request);
      return "go";
    }
    if (isRetry) host.retries.push(request);
    else host.fresh.push(request);
    this.#waiting++;
    this.#wake(host, ms);
    return "wait";
  }

  /**
   * Takes a request that has waited and may be started now. Hosts take turns.
   *
   * @param hasRoom Whether a host may be asked some of whose requests dawdle.
   * @returns Undefined when there is none.
   */
  next(hasRoom: boolean): G | undefined {
    for (let host = this.#runnable.shift(); host; host = this.#runnable.shift()) {
      host.isRunnable = false;
      const ms = this.#waitFor(host, hasRoom);
      if (ms === "dead") { for (const each of this.#takeAll(host)) this.#refuse(host, each); }
      else if (ms > 0) this.#wake(host, ms);
      else {
        const request = this.#takeOne(host);
        if (request === undefined) continue;
        this.#letThrough(host, request);
        this.#wake(host, 0);
        return request;
      }
    }
  }

  /**
   * Notes that a request that was let through brings next to nothing. As long as it does, others to its host go only
   * where there is room.
   */
  dawdles(request: G): void {
    const host = this.#host(request);
    if (request.host === undefined) host.inFlight++; // it went before its host was known
    request.host = host;
    request.dawdles = true;
    host.dawdling++;
  }

  /** Takes a request back that has ended. */
  end(request: G, ended: Ended): void {
    const isNews = ended.as === "unreachable" || ended.isOverload || ended.retryAfterMs !== undefined;
    const host = request.host ?? (isNews ? this.#host(request) : this.#hosts.get(hostOf(request.job.url)));
    if (host === undefined) return;
    const now = this.#now();
    if (request.host) host.inFlight--;
    if (request.dawdles) host.dawdling--;
    request.host = undefined;
    request.dawdles = false;
    if (ended.as === "answered") {
      host.failures = host.probes = 0;
      host.stands += ended.isOverload ? 0 : 1 / host.stands;
      if (host.stands >= this.#perHost) host.stands = Infinity;
    }
    if (ended.isOverload) overload(host, now);
    if (ended.as === "unreachable") unreachable(host, { now, isProbe: request.isProbe, isNowhere: ended.isNowhere });
    if (ended.retryAfterMs !== undefined) host.notBefore = Math.max(host.notBefore, now + ended.retryAfterMs);
    this.#wake(host, 0);
    if (isForgettable(host, now)) this.#hosts.delete(host.name);
  }

  /**
   * Lets nothing through any more.
   *
   * @returns What has waited.
   */
  close(): G[] {
    const all: G[] = [];
    for (const host of this.#hosts.values()) {
      clearTimeout(host.timer);
      all.push(...this.#takeAll(host));
    }
    this.#hosts.clear();
    this.#runnable.length = 0;
    return all;
  }

  /** Milliseconds until a host may be asked: 0 for now, Infinity when that depends on its requests in flight. */
  #waitFor(host: Host, hasRoom: boolean): number | "dead" {
    const now = this.#now();
    const restMs = Math.max(0, host.notBefore - now, host.nextByRate - now);
    if (host.isDown) {
      if (restMs === 0 && host.inFlight === 0) return 0;
      return host.isDead ? "dead" : host.inFlight > 0 ? Infinity : restMs;
    }
    if (host.inFlight >= Math.min(this.#perHost, Math.floor(host.stands))) return Infinity;
    if (host.dawdling > 0 && !hasRoom) return Infinity;
    return restMs;
  }

  #letThrough(host: Host, request: G): void {
    request.host = host;
    request.isProbe = host.isDown;
    host.inFlight++;
    if (this.#msApart > 0) host.nextByRate = Math.max(this.#now(), host.nextByRate) + this.#msApart;
  }

  #refuse({ name }: Host, request: G): void {
    this.#options.onRefused(request, `not tried, because ${name} can't be reached`);
  }

  /** Retries go first. But what has failed before may fail for itself, and so says little about a host that doesn't answer. */
  #takeOne({ isDown, fresh, retries }: Host): G | undefined {
    const request = isDown ? fresh.shift() ?? retries.pop() : retries.pop() ?? fresh.shift();
    if (request) this.#waiting--;
    return request as G | undefined;
  }

  #takeAll(host: Host): G[] {
    const all = [...host.retries.splice(0), ...host.fresh.takeAll()] as G[];
    this.#waiting -= all.length;
    return all;
  }

  /** Has a host looked at again after so many milliseconds, if something waits for it. */
  #wake(host: Host, ms: number): void {
    if (host.waiting === 0 || host.isRunnable || ms === Infinity) return;
    if (ms === 0) {
      host.isRunnable = true;
      this.#runnable.push(host);
    } else {
      host.timer ??= setTimeout(() => {
        host.timer = undefined;
        this.#wake(host, 0);
        this.#options.onFree();
      }, ms);
    }
  }

  #host({ job, host }: G): Host {
    if (host !== undefined) return host;
    const name = hostOf(job.url);
    let known = this.#hosts.get(name);
    if (known === undefined) {
      if (this.#hosts.size >= MAX_REMEMBERED_ORIGINS) this.#forgetSome();
      this.#hosts.set(name, known = new Host(name));
    }
    return known;
  }

  /** What has nothing to say any more is forgotten; if that is too little, also who can't be reached. */
  #forgetSome(): void {
    const now = this.#now();
    for (const host of this.#hosts.values()) {
      if (isIdle(host) && host.nextByRate <= now && host.notBefore <= now) this.#hosts.delete(host.name);
    }
    for (const host of this.#hosts.values()) {
      if (this.#hosts.size < MAX_REMEMBERED_ORIGINS) return;
      if (isIdle(host)) this.#hosts.delete(host.name);
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

/** What TCP does when packets get lost: half as many at once, and slowly more again. */
function overload(host: Host, now: number): void {
  if (now - host.overloadedAt < OVERLOAD_MS) return;
  host.overloadedAt = now;
  host.stands = Math.max(1, Math.floor(Math.min(host.stands, host.inFlight + 1) / 2));
}

/** After some failures in a row, only one request at a time finds out whether the host answers again, ever more seldom. */
function unreachable(host: Host, what: { now: number; isProbe?: boolean; isNowhere: boolean }): void {
  const { now, isProbe, isNowhere } = what;
  host.failures = isNowhere ? HOST_DOWN_AFTER : host.failures + 1;
  host.probes = isNowhere ? HOST_DEAD_AFTER_PROBES : host.probes + (isProbe ? 1 : 0);
  if (host.isDown && (isProbe || isNowhere || host.failures === HOST_DOWN_AFTER)) {
    host.notBefore = Math.max(host.notBefore, now + Math.min(PROBE_MS * 2 ** host.probes, MAX_PROBE_MS));
  }
}

function isIdle(host: Host): boolean {
  return host.inFlight === 0 && host.waiting === 0 && host.timer === undefined;
}

function isForgettable(host: Host, now: number): boolean {
  return isIdle(host) && host.failures === 0 && host.notBefore <= now && host.nextByRate <= now &&
    (host.stands === Infinity || now - host.overloadedAt > RECOVERED_MS);
}
