/**
 * Requests that wait for a connection, in their order.
 *
 * @module
 */

import { Fifo } from "../core/fifo.ts";
import type { Request } from "./request.ts";

/** A line of requests, some of which may be ended while they wait. */
export class WaitingLine {
  readonly #requests = new Fifo<Request>();
  readonly #onAbort: (request: Request) => void;
  #next: Request | undefined;
  #length = 0;

  /**
   * Nobody waits yet.
   *
   * @param onAbort Called after a request was ended while it waited.
   */
  constructor(onAbort: (request: Request) => void) {
    this.#onAbort = onAbort;
  }

  /** How many wait. */
  get length(): number {
    return this.#length;
  }

  /** The first; undefined if there is none. */
  get first(): Request | undefined {
    while (this.#next === undefined || this.#next.line !== this) {
      this.#next = this.#requests.shift();
      if (this.#next === undefined) return undefined;
    }
    return this.#next;
  }

  /** Has a request wait. */
  push(request: Request): void {
    this.#requests.push(request);
    this.#length++;
    request.wait(this);
  }

  /** Takes out one that waits. */
  remove(request: Request): void {
    if (request.line !== this) return;
    request.line = undefined;
    if (this.#next === request) this.#next = undefined; // it may wait again, further behind
    this.#length--;
  }

  /** For requests: one was ended while it waited. */
  leave(request: Request, reason: unknown): void {
    this.fail(request, reason);
    this.#onAbort(request);
  }

  /** Ends the waiting of all. */
  failAll(error: unknown): void {
    for (let request = this.first; request; request = this.first) this.fail(request, error);
  }

  /** Ends the waiting of one. */
  fail(request: Request, error: unknown): void {
    this.remove(request);
    request.fail(error);
  }
}
