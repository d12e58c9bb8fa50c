/**
 * Leave for further requests in a worker: the isolate that has the queue gives it.
 *
 * @module
 */

import type { Leave } from "./further_requests.ts";
import type { Ended } from "./host.ts";

/** What a worker asks for. */
export type LeaveMessage = { leave: "acquire" | "renew"; id: number } | { leave: "release"; id: number; ended: Ended };

/** Asks the isolate that has the queue. */
export class WorkerLeave implements Leave {
  readonly #tell: (message: LeaveMessage) => void;
  readonly #asked: ((mayStart: boolean) => void)[] = [];

  /**
   * Asks for nothing yet.
   *
   * @param tell Sends a message there.
   */
  constructor(tell: (message: LeaveMessage) => void) {
    this.#tell = tell;
  }

  /** Asks for one more request of a job; see {@linkcode Leave.acquire}. */
  acquire(id: number): Promise<boolean> {
    return this.#ask({ leave: "acquire", id });
  }

  /** Asks for another request in the place of a job's own; see {@linkcode Leave.renew}. */
  renew(id: number): Promise<boolean> {
    return this.#ask({ leave: "renew", id });
  }

  /** Gives back what was acquired; see {@linkcode Leave.release}. */
  release(id: number, ended: Ended): void {
    this.#tell({ leave: "release", id, ended });
  }

  /** Takes an answer. They come in the order of what was asked. */
  answer(mayStart: boolean): void {
    this.#asked.shift()?.(mayStart);
  }

  #ask(message: LeaveMessage): Promise<boolean> {
    this.#tell(message);
    return new Promise((resolve) => this.#asked.push(resolve));
  }
}
