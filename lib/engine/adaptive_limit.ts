/**
 * An adaptive concurrency limit: a semaphore whose limit grows for as long as requests don't wait for each other.
 *
 * A server, a network or this process that is at its limit answers no more per second when it is asked more at once; it
 * only lets each request wait longer. So each latency is compared with the least latency seen: what lies between is time
 * in a queue (the signal that TCP Vegas and LEDBAT, RFC 6817, go by), and while it is long nothing is added.
 *
 * What is learned about latency belongs to a host. A host that has never answered, and a request that has stalled, say
 * nothing about a queue and load nothing: they don't count against the limit, so that they can't keep others from starting.
 *
 * @module
 */

import { MAX_REMEMBERED_ORIGINS } from "../../constants.ts";
import { turn } from "./at_once.ts";

/**
 * Requests started in one turn of the event loop. Starting 10,000 in one turn leaves the answers of the first unread until
 * the last has been sent; 200 take as long as 100 over HTTP/2, and a quarter longer over HTTP/1.1, a connection each.
 */
export const STARTS_PER_TURN = 100;

/**
 * Milliseconds a request may wait for others before `optimized` adds no more: long against the noise of timers and
 * schedulers. Measured with a server that doesn't wait: 20 keeps about 300 in flight, at half the CPU per request of 10,000.
 */
export const QUEUEING_MS = 20;

/** Times the least latency that answers may take for other reasons than a queue. */
const LONGER = 1.25;

/** Answers whose latencies make the moving average, about. */
const AVERAGED = 16;

/** The job of a slot without a request. */
const NONE = -1;

/** What is known of a host's latency. */
interface HostLatency {
  /** How its URLs begin, with the slash after the authority. */
  readonly prefix: string;
  /** The least there was; `Infinity` before its first answer. */
  least: number;
  /** A moving average. */
  recent: number;
  /** Answers that didn't wait in a queue and count for the limit's next growth, which is the `growth`th. */
  answers: number;
  growth: number;
  inFlight: number;
  /** How many of those have stalled. */
  stalled: number;
}

/** A place for one request at a time, held by whatever loop sends them one after another. */
interface Slot {
  host: HostLatency;
  job: number;
  isStalled: boolean;
}

/** What an {@linkcode AdaptiveLimit} can be told. */
export interface AdaptiveLimitOptions {
  /**
   * Requests started in one turn of the event loop, and by which the limit grows, 1 or more. Default: `STARTS_PER_TURN`, which
   * suits `fetch`; connections of our own start ten times as many in the same time.
   */
  startsPerTurn?: number;
}

/** Bounds the requests in flight of one isolate. */
export class AdaptiveLimit {
  readonly #startsPerTurn: number;
  readonly #slots: (Slot | undefined)[] = [];
  readonly #hosts = new Map<string, HostLatency>();
  /** The host that was looked up last: nearly always the next one, too. */
  #last: HostLatency | undefined;
  /** Whether any host has answered. */
  #isProven = false;
  #limit: number;
  /** Slots that count: those without a request, and those with one to a host that answers. */
  #held = 0;
  /** Slots ever opened, to give the event loop its turns. */
  #opened = 0;
  /** Answers, none of which waited in a queue, since the limit has grown. */
  #answers = 0;
  #growth = 0;
  #isFull = false;
  #wake = () => {};

  /**
   * Makes a limit that nothing is known of yet.
   *
   * @param options How fast requests are started.
   */
  constructor({ startsPerTurn = STARTS_PER_TURN }: AdaptiveLimitOptions = {}) {
    this.#startsPerTurn = this.#limit = startsPerTurn;
  }

  /** Whether the last host to answer has requests waiting for each other, so that more would only wait longer. */
  get full(): boolean {
    return this.#isFull;
  }

  /**
   * Takes a slot, for requests that are then begun and ended in it one after another.
   *
   * @returns What to wait for before another one is acquired: a turn of the event loop from time to time, so that what
   * arrives gets its due, and room. Nothing, if there is nothing to wait for.
   */
  acquire(): Promise<void> | undefined {
    this.#held++;
    const opened = ++this.#opened;
    // At powers of two while there are few, so that what a server takes when it is idle is seen before it is busy
    const isTurn = opened < this.#startsPerTurn
      ? opened >= 8 && (opened & (opened - 1)) === 0
      : opened % this.#startsPerTurn === 0;
    return isTurn || !this.#hasRoom ? this.#room(isTurn) : undefined;
  }

  /**
   * Begins a request in a slot.
   *
   * @param slot The slot's number, from 0.
   * @param url Where it goes.
   * @param job The number that {@linkcode stall} knows it by.
   */
  begin(slot: number, url: string, job: number): void {
    const host = this.#hostOf(url);
    host.inFlight++;
    const held = this.#slots[slot];
    if (held === undefined) this.#slots[slot] = { host, job, isStalled: false };
    else {
      held.host = host;
      held.job = job;
      held.isStalled = false;
    }
    if (host.least === Infinity) this.#free(1);
  }

  /**
   * Ends the request in a slot.
   *
   * @param slot The slot's number.
   * @param firstByteMs Milliseconds until it was answered, if it was.
   * @returns Whether the slot may be used for the next request; if not, it has been released.
   */
  end(slot: number, firstByteMs?: number): boolean {
    const held = this.#slots[slot];
    if (held === undefined) throw new Error(`Slot ${slot} has no request that could end`);
    const { host, isStalled } = held;
    if (isStalled || host.least === Infinity) this.#held++;
    held.job = NONE;
    host.inFlight--;
    if (isStalled) host.stalled--;
    if (firstByteMs !== undefined) this.#note(host, firstByteMs);
    if (this.#held <= this.#limit || !this.#isProven) return true;
    this.#held--;
    return false;
  }

  /**
   * Notes that requests bring next to nothing: as long as they do, they don't count.
   *
   * @param jobs Their numbers. Those that aren't in flight here are skipped.
   */
  stall(jobs: readonly number[]): void {
    const stalled = new Set(jobs);
    for (const slot of this.#slots) {
      if (slot === undefined || slot.isStalled || !stalled.has(slot.job)) continue;
      slot.isStalled = true;
      slot.host.stalled++;
      if (slot.host.least !== Infinity) this.#free(1);
    }
  }

  get #hasRoom(): boolean {
    return this.#held < this.#limit || !this.#isProven;
  }

  async #room(isTurn: boolean): Promise<void> {
    if (isTurn) await turn();
    while (!this.#hasRoom) await new Promise<void>((resolve) => this.#wake = resolve);
  }

  #free(slots: number): void {
    this.#held -= slots;
    if (this.#hasRoom) this.#wake();
  }

  #note(host: HostLatency, ms: number): void {
    if (host.least === Infinity) {
      // What is in flight has shown that it can be, and counts from now on
      this.#held += host.inFlight - host.stalled;
      this.#limit = Math.max(this.#limit, this.#held);
      this.#isProven = true;
    }
    if (ms < host.least) host.least = ms;
    host.recent += (ms - host.recent) / AVERAGED;
    this.#isFull = waited(host, host.recent);
    if (host.growth !== this.#growth) {
      host.growth = this.#growth;
      host.answers = 0;
    }
    if (waited(host, ms)) {
      // A queue that was there since the limit has grown is reason enough not to let it grow by this host's answers
      this.#answers -= host.answers;
      host.answers = 0;
    } else {
      this.#answers++;
      host.answers++;
    }
    if (this.#answers >= this.#startsPerTurn && !this.#isFull && this.#held >= this.#limit) this.#grow();
  }

  /**
   * Each further slot has an answer of its own that didn't wait in a queue, so that their number doubles at most in the time
   * a server takes (the slow start of TCP, RFC 5681).
   */
  #grow(): void {
    this.#answers -= this.#startsPerTurn;
    this.#growth++;
    this.#limit += this.#startsPerTurn;
    this.#wake();
  }

  #hostOf(url: string): HostLatency {
    if (this.#last && url.startsWith(this.#last.prefix)) return this.#last;
    const slash = url.indexOf("/", "https://".length);
    const prefix = slash < 0 ? `${url}/` : url.slice(0, slash + 1);
    let host = this.#hosts.get(prefix);
    if (host === undefined) {
      if (this.#hosts.size >= MAX_REMEMBERED_ORIGINS) this.#forgetIdle();
      host = { prefix, least: Infinity, recent: 0, answers: 0, growth: this.#growth, inFlight: 0, stalled: 0 };
      this.#hosts.set(prefix, host);
    }
    return this.#last = host;
  }

  #forgetIdle(): void {
    for (const [prefix, { inFlight }] of this.#hosts) if (inFlight === 0) this.#hosts.delete(prefix);
  }
}

function waited({ least }: HostLatency, ms: number): boolean {
  return ms > LONGER * least + QUEUEING_MS;
}
