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
  #next: Request | undefined;
  #length = 0;

  /** How many wait. */
  get length(): number {
    return this.#length;
  }

  /** The first; undefined if there is none. */
  get first(): Request | undefined {
    while (this.#next === undefined || !this.#next.isWaiting) {
      this.#next = this.#requests.shift();
      if (this.#next === undefined) return undefined;
    }
    return this.#next;
  }

  /**
   * Has a request wait.
   *
   * @param request The request.
   * @param onAbort Called after it was ended meanwhile.
   */
  push(request: Request, onAbort: (request: Request) => void): void {
    request.isWaiting = true;
    this.#requests.push(request);
    this.#length++;
    request.begin({
      abort: (reason) => {
        this.remove(request);
        request.fail(reason);
        onAbort(request);
      },
    });
  }

  /** Takes out one that waits. */
  remove(request: Request): void {
    if (!request.isWaiting) return;
    request.isWaiting = false;
    if (this.#next === request) this.#next = undefined; // it may wait again, further behind
    this.#length--;
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
