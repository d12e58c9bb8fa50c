/**
 * Lets requests through that robots.txt allows (RFC 9309). A website is asked for it once, by whatever isolate has the queue,
 * before its first request; what is for it waits meanwhile, and other websites' requests go first.
 *
 * @module
 */

import { Fifo } from "../core/fifo.ts";
import { after } from "../core/timer.ts";
import type { Settings } from "../core/settings.ts";
import { Client } from "../http/client.ts";
import { requestRobots, type RobotsAnswer } from "../http/robots_request.ts";
import { productOf, readRobots, type RobotsRules } from "../http/robots_rules.ts";
import { RETRY_AFTER_MOST_MS } from "../http/retry_after.ts";
import type { Send } from "../http/send.ts";
import { backoff } from "./backoff.ts";

/** Milliseconds that what was read holds (RFC 9309 §2.4). */
export const ROBOTS_HOLD_MS = 24 * 60 * 60_000;

/** Websites that are asked at the same time: enough that some that hang don't hold up the others for long. */
const AT_ONCE = 100;

/** Websites that are remembered, and bytes that their rules take together, about. */
const [MOST_SITES, MOST_BYTES] = [10_000, 64 * 2 ** 20];

/** A request, as far as it concerns the gate. */
export interface RobotsRequest {
  /** The URL says which website it is for. */
  readonly job: { readonly url: string };
}

/** What a {@linkcode RobotsGate} takes from the settings. */
export type RobotsSettings = Pick<
  Settings,
  "headers" | "http" | "caCerts" | "proxy" | "retries" | "backoffMs" | "connectTimeoutMs"
>;

/** Options of a {@linkcode RobotsGate}. */
export interface RobotsGateOptions {
  /** Ends it: no further robots.txt is requested. */
  signal: AbortSignal;
  /** Sends its requests. Default: over connections of its own. */
  send?: Send;
  /** The time in milliseconds. Default: `performance.now()`. */
  now?: () => number;
}

/** What is known of a website. */
interface Site {
  /** What it allows; undefined while that isn't known. */
  rules: RobotsRules | undefined;
  /** Why nothing is allowed, if it couldn't be asked. */
  why: string | undefined;
  /** Until when that holds. */
  until: number;
  waiting: RobotsRequest[];
}

/** A website that is to be asked, for the first time or again. */
interface Asked {
  origin: string;
  attempt: number;
}

/** Asks websites for their robots.txt, and has requests wait for it. */
export class RobotsGate implements Disposable {
  /** Called when something that has waited may go on. Default: nothing is called. */
  onReady: () => void = () => {};
  readonly #settings: RobotsSettings;
  readonly #options: RobotsGateOptions;
  readonly #now: () => number;
  readonly #product: string;
  readonly #sites = new Map<string, Site>();
  readonly #toAsk = new Fifo<Asked>();
  /** Those that ask again later. */
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  readonly #stop = (): void => {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  };
  readonly #ready = new Fifo<RobotsRequest>();
  #client: Client | undefined;
  #asking = 0;
  #waiting = 0;
  #bytes = 0;

  /**
   * Has asked nobody yet.
   *
   * @param settings Whose name to go by, and how requests are sent.
   * @param options What ends it.
   */
  constructor(settings: RobotsSettings, options: RobotsGateOptions) {
    this.#settings = settings;
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#product = productOf(settings.headers["user-agent"] ?? "");
    options.signal.addEventListener("abort", this.#stop);
  }

  /** How many requests it holds. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Asks whether a request may go on. If that isn't known, it waits here.
   *
   * @param request The request.
   * @returns Whether it may go on or waits; or else why it may not, as a sentence.
   */
  ask(request: RobotsRequest): "go" | "wait" | { why: string } {
    const url = new URL(request.job.url);
    const site = this.#siteOf(url.origin);
    if (site.rules === undefined) {
      site.waiting.push(request);
      this.#waiting++;
      return "wait";
    }
    if (site.why !== undefined) return { why: `${url.origin}/robots.txt can't be read: ${site.why}` };
    if (site.rules.allows(url.pathname + url.search)) return "go";
    return { why: `${url.origin}/robots.txt doesn't allow it to ${this.#product || "anybody"}` };
  }

  /** Requests per second that a website asks for at most; undefined if it doesn't say. */
  perSecondFor(url: string): number | undefined {
    const delayMs = this.#sites.get(new URL(url).origin)?.rules?.delayMs ?? 0;
    return delayMs > 0 ? 1_000 / delayMs : undefined;
  }

  /** Takes a request that has waited, about which more is known now. */
  takeReady(): RobotsRequest | undefined {
    const request = this.#ready.shift();
    if (request) this.#waiting--;
    return request;
  }

  /** Takes those requests that are to be left out. */
  takeWhere(isOut: (request: RobotsRequest) => boolean): RobotsRequest[] {
    const out: RobotsRequest[] = [];
    const sort = (requests: readonly RobotsRequest[], keep: (request: RobotsRequest) => void) => {
      for (const each of requests) isOut(each) ? out.push(each) : keep(each);
    };
    for (const site of this.#sites.values()) sort(site.waiting.splice(0), (each) => site.waiting.push(each));
    sort(this.#ready.takeAll(), (each) => this.#ready.push(each));
    this.#waiting -= out.length;
    return out;
  }

  /** Closes what it has open. */
  [Symbol.dispose](): void {
    this.#options.signal.removeEventListener("abort", this.#stop);
    this.#stop();
    this.#client?.[Symbol.dispose]();
    this.#client = undefined;
  }

  #siteOf(origin: string): Site {
    const known = this.#sites.get(origin);
    if (known && (known.rules === undefined || this.#now() < known.until)) return known;
    if (known) this.#forget(origin, known);
    this.#forgetSome();
    const site: Site = { rules: undefined, why: undefined, until: 0, waiting: [] };
    this.#sites.set(origin, site);
    this.#toAsk.push({ origin, attempt: 1 });
    this.#askNext();
    return site;
  }

  #askNext(): void {
    while (this.#asking < AT_ONCE && !this.#options.signal.aborted) {
      const next = this.#toAsk.shift();
      if (next === undefined) return;
      this.#asking++;
      this.#askSite(next).finally(() => {
        this.#asking--;
        this.#askNext();
        if (this.#ready.length > 0) this.onReady();
      });
    }
  }

  /** Asks once. What is to be asked again takes no other's place meanwhile. */
  async #askSite({ origin, attempt }: Asked): Promise<void> {
    const { retries, backoffMs } = this.#settings;
    const answer = await this.#askOnce(origin, attempt);
    if (this.#options.signal.aborted) return;
    if ("why" in answer && attempt <= retries) {
      const waitMs = Math.max(backoff(attempt, { baseMs: backoffMs }), answer.retryAfterMs ?? 0);
      return this.#askLater({ origin, attempt: attempt + 1 }, Math.min(waitMs, RETRY_AFTER_MOST_MS));
    }
    const site = this.#sites.get(origin);
    if (site === undefined) return;
    site.rules = readRobots("text" in answer ? answer.text : "", this.#product);
    site.why = "why" in answer ? answer.why : undefined;
    site.until = this.#now() + ROBOTS_HOLD_MS;
    this.#bytes += site.rules.size;
    for (const request of site.waiting.splice(0)) this.#ready.push(request);
  }

  #askLater(asked: Asked, ms: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#toAsk.push(asked);
      this.#askNext();
    }, ms);
    this.#timers.add(timer);
  }

  async #askOnce(origin: string, attempt: number): Promise<RobotsAnswer> {
    const { headers, connectTimeoutMs } = this.#settings;
    const { signal } = this.#options;
    const aborter = new AbortController();
    const abort = () => aborter.abort(signal.reason);
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
    const cancel = after(
      connectTimeoutMs,
      () => aborter.abort(new Error(`it didn't come within ${connectTimeoutMs} ms`)),
    );
    try {
      return await requestRobots(origin, { headers, send: this.#send, signal: aborter.signal, attempt });
    } finally {
      cancel();
      signal.removeEventListener("abort", abort);
    }
  }

  get #send(): Send {
    if (this.#options.send) return this.#options.send;
    const connections = { inFlight: AT_ONCE, idle: 1 };
    this.#client ??= new Client({ ...this.#settings, connections }, { idleMs: 1_000 });
    return this.#client.send;
  }

  #forget(origin: string, { rules }: Site): void {
    this.#sites.delete(origin);
    this.#bytes -= rules?.size ?? 0;
  }

  /** Forgets what has been known the longest: if it is needed again, it is asked for again. */
  #forgetSome(): void {
    for (const [origin, site] of this.#sites) {
      if (this.#sites.size < MOST_SITES && this.#bytes < MOST_BYTES) return;
      if (site.rules !== undefined) this.#forget(origin, site);
    }
  }
}
