/**
 * Requests that wait for a connection, in their order.
 *
 * @module
 */

import type { Answer } from "../core/answer.ts";
import { Fifo } from "../core/fifo.ts";
import type { Request } from "./request.ts";

/** A request that waits. */
export interface Waiter {
  /** The request. */
  readonly request: Request;
  /** Called with the answer to come. */
  resolve(answer: Promise<Answer>): void;
  /** Called with why there is none. */
  reject(error: unknown): void;
  /** Whether it waits no more. */
  isOver: boolean;
}

/** A line of requests, some of which may be ended while they wait. */
export class WaitingLine {
  readonly #waiters = new Fifo<Waiter>();
  #next: Waiter | undefined;
  #length = 0;

  /** How many wait. */
  get length(): number {
    return this.#length;
  }

  /** The first; undefined if there is none. */
  get first(): Waiter | undefined {
    while (this.#next === undefined || this.#next.isOver) {
      this.#next = this.#waiters.shift();
      if (this.#next === undefined) return undefined;
    }
    return this.#next;
  }

  /**
   * Waits.
   *
   * @param request The request.
   * @param onAbort Called after it was ended meanwhile.
   * @returns The answer to come.
   */
  push(request: Request, onAbort: () => void): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { request, resolve, reject, isOver: false };
      request.begin(() => {
        this.remove(waiter);
        reject(request.reason);
        onAbort();
      });
      this.#waiters.push(waiter);
      this.#length++;
    });
  }

  /** Takes out one that waits. */
  remove(waiter: Waiter): void {
    if (waiter.isOver) return;
    waiter.isOver = true;
    this.#length--;
  }

  /** Ends the waiting of all. */
  failAll(error: unknown): void {
    for (let waiter = this.first; waiter; waiter = this.first) this.fail(waiter, error);
  }

  /** Ends the waiting of one. */
  fail(waiter: Waiter, error: unknown): void {
    this.remove(waiter);
    waiter.request.over();
    waiter.reject(error);
  }
}
