/**
 * Keeps connections of our own within the file descriptors of an isolate: so many that are being made or have a request, and so
 * many that wait for one.
 *
 * @module
 */

import { FILES_IN_FLIGHT } from "../../constants.ts";
import { Fifo } from "../core/fifo.ts";
import type { ConnectionLimits } from "../core/settings.ts";
import { Ticker } from "../core/timer.ts";

/**
 * Connections without a request that are kept where no limit is known: one for each file at once. Above it the one that has
 * waited longest is closed, so that a list of many hosts doesn't take up all open files.
 */
export const MAX_IDLE_CONNECTIONS: number = FILES_IN_FLIGHT;

/** Milliseconds that a connection is kept without a request: servers close them after 5 to 75 s, and most of them by then. */
const IDLE_MS = 30_000;

/** Who has a connection without a request. */
export interface IdleOwner<T> {
  /** Closes it. */
  closeIdle(connection: T): void;
}

/** What {@linkcode ConnectionSlots} is made with. */
export interface ConnectionSlotsOptions {
  /** Milliseconds that a connection is kept without a request. Default: `IDLE_MS`. */
  idleMs?: number;
}

/** Counts the connections of an isolate. */
export class ConnectionSlots {
  readonly #limits: ConnectionLimits;
  readonly #idleMs: number;
  readonly #waiting = new Fifo<() => void>();
  /** Those without a request, by when they ended their last one. */
  readonly #idle = new Map<object, { since: number; close: () => void }>();
  #busy = 0;
  #promised = 0;
  #isTurnPending = false;
  /** One look at all of them now and then costs less than a timer for each request. */
  readonly #ticker: Ticker;
  #isClosed = false;

  /**
   * Counts from none.
   *
   * @param limits How many there may be. Default: any number with a request, and `MAX_IDLE_CONNECTIONS` without one.
   * @param options How long they are kept.
   */
  constructor(
    limits: ConnectionLimits = { inFlight: Infinity, idle: MAX_IDLE_CONNECTIONS },
    { idleMs = IDLE_MS }: ConnectionSlotsOptions = {},
  ) {
    this.#limits = limits;
    this.#idleMs = idleMs;
    this.#ticker = new Ticker(idleMs / 4, () => this.#closeOld());
  }

  /** How many slots may be taken, without those that have been promised. */
  get free(): number {
    return this.#limits.inFlight - this.#busy - this.#promised;
  }

  /**
   * Keeps slots for requests that are about to begin, for a turn of the event loop at least: by then they have taken them, or
   * need none. Where nobody misses them they are kept for longer.
   *
   * @param count How many.
   */
  promise(count: number): void {
    this.#promised += Math.min(count, Math.max(0, this.free));
    this.#endPromises();
  }

  /** Takes a slot for a connection that gets a request, or is made for one; `false` if there is none. */
  take(): boolean {
    if (this.#busy >= this.#limits.inFlight) return false;
    this.#busy++;
    return true;
  }

  /**
   * Waits in line for a slot.
   *
   * @param retry Called when there may be one, to be taken at once.
   */
  wait(retry: () => void): void {
    this.#waiting.push(retry);
    this.#endPromises();
  }

  /** Gives a slot back. */
  release(): void {
    this.#busy--;
    this.#serveLine();
  }

  /**
   * Keeps a connection that has no request any more, and takes its slot back; closes it, or an older one, above the limit.
   *
   * @param connection The connection.
   * @param owner Who closes it then.
   */
  park<T extends object>(connection: T, owner: IdleOwner<T>): void {
    this.#idle.set(connection, { since: performance.now(), close: () => owner.closeIdle(connection) });
    if (this.#isClosed) this.#close(connection);
    else if (this.#idle.size > this.#limits.idle) {
      for (const oldest of this.#idle.keys()) {
        this.#close(oldest);
        break;
      }
    }
    if (this.#idle.size > 0) this.#ticker.start();
    this.release();
  }

  /**
   * Forgets a connection without a request.
   *
   * @returns Whether it was one.
   */
  forget(connection: object): boolean {
    return this.#idle.delete(connection);
  }

  /** Closes the connections without a request, and others as soon as they have none. */
  close(): void {
    this.#isClosed = true;
    this.#ticker.stop();
    for (const connection of [...this.#idle.keys()]) this.#close(connection);
  }

  /** In the next turn, for those that wait in line. */
  #endPromises(): void {
    if (this.#isTurnPending || this.#promised === 0 || this.#waiting.length === 0) return;
    this.#isTurnPending = true;
    setImmediate(() => {
      this.#isTurnPending = false;
      this.#promised = 0;
      this.#serveLine();
    });
  }

  /** Those that come back while they are served wait for the next time. */
  #serveLine(): void {
    for (let left = this.#waiting.length; left > 0 && this.free > 0; left--) this.#waiting.shift()?.();
  }

  #close(connection: object): void {
    const idle = this.#idle.get(connection);
    this.#idle.delete(connection);
    idle?.close();
  }

  #closeOld(): void {
    const now = performance.now();
    for (const [connection, { since }] of this.#idle) {
      if (now - since < this.#idleMs) break;
      this.#close(connection);
    }
    if (this.#idle.size === 0) this.#ticker.stop();
  }
}
