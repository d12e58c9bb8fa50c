/**
 * Keeps `fetch` within the file descriptors of an isolate: so many requests in flight, and so many connections that wait
 * for the next one.
 *
 * Nobody can ask `fetch` which connections it keeps. But a request takes one that its origin has, or else opens one, and
 * leaves it behind; so no more are kept than are counted here. Above the limit all of them are closed.
 *
 * @module
 */

import { Fifo } from "../core/fifo.ts";
import type { ConnectionLimits } from "../core/settings.ts";

/** An origin's connections. */
export interface OriginConnections {
  /** How many without a request it may have. */
  idle: number;
  /** How often connections had been closed when the first of these was opened. */
  readonly closings: number;
}

/** Bounds connections, as far as they are acquired and released here. */
export class ConnectionLimit {
  readonly #limits: ConnectionLimits;
  readonly #closeIdle: () => void;
  readonly #waiting = new Fifo<() => void>();
  readonly #origins = new Map<string, OriginConnections>();
  #closings = 0;
  #inFlight = 0;
  #idle = 0;

  /**
   * Counts from none.
   *
   * @param limits The limits.
   * @param closeIdle Closes every connection without a request, and the others once they have ended theirs.
   */
  constructor(limits: ConnectionLimits, closeIdle: () => void) {
    this.#limits = limits;
    this.#closeIdle = closeIdle;
  }

  /**
   * Takes a connection, as soon as there may be one more.
   *
   * @param url Where the request goes.
   * @returns What {@linkcode release} gives back.
   */
  acquire(url: string): OriginConnections | Promise<OriginConnections> {
    if (this.#inFlight < this.#limits.inFlight) {
      this.#inFlight++;
      return this.#take(url);
    }
    return new Promise((resolve) => this.#waiting.push(() => resolve(this.#take(url))));
  }

  /** Gives a connection back, which then waits for the next request to its origin. */
  release(origin: OriginConnections): void {
    if (origin.closings === this.#closings) { // or else it is closed as soon as it has no request
      origin.idle++;
      if (++this.#idle > this.#limits.idle) this.#close();
    }
    const next = this.#waiting.shift();
    if (next) next(); // it takes the place of the one that has ended
    else this.#inFlight--;
  }

  #take(url: string): OriginConnections {
    const slash = url.indexOf("/", "https://".length);
    const name = slash < 0 ? url : url.slice(0, slash);
    let origin = this.#origins.get(name);
    if (origin === undefined) this.#origins.set(name, origin = { idle: 0, closings: this.#closings });
    if (origin.idle > 0) {
      origin.idle--;
      this.#idle--;
    }
    return origin;
  }

  #close(): void {
    this.#closings++;
    this.#origins.clear();
    this.#idle = 0;
    this.#closeIdle();
  }
}
