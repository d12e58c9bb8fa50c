/**
 * Jobs that have failed, deferred until their next attempt is due. They wait here and not in a lane, so that no lane sleeps
 * while another URL could be downloaded.
 *
 * @module
 */

import { Fifo } from "../core/fifo.ts";

/** Holds jobs until they are due, and then until they are taken. */
export class RetryTimers<T> {
  readonly #onDue: () => void;
  readonly #timers = new Map<T, ReturnType<typeof setTimeout>>();
  readonly #due = new Fifo<T>();

  /**
   * Makes timers for no job yet.
   *
   * @param onDue Called when a job has become due.
   */
  constructor(onDue: () => void) {
    this.#onDue = onDue;
  }

  /** How many jobs it holds, those that are due included. */
  get size(): number {
    return this.#timers.size + this.#due.length;
  }

  /**
   * Defers a job.
   *
   * @param job A job that isn't held yet.
   * @param ms Milliseconds until it is due.
   */
  defer(job: T, ms: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(job);
      this.#due.push(job);
      this.#onDue();
    }, ms);
    this.#timers.set(job, timer);
  }

  /** Takes the job that has been due the longest; undefined when none is. */
  takeDue(): T | undefined {
    return this.#due.shift();
  }

  /** Takes those jobs, due or not, that are to be left out, and stops their timers. */
  takeWhere(isOut: (job: T) => boolean): T[] {
    const out: T[] = [];
    for (const [job, timer] of this.#timers) {
      if (!isOut(job)) continue;
      clearTimeout(timer);
      this.#timers.delete(job);
      out.push(job);
    }
    for (const job of this.#due.takeAll()) {
      if (isOut(job)) out.push(job);
      else this.#due.push(job);
    }
    return out;
  }

  /** Takes all jobs, due or not, and stops their timers. */
  takeAll(): T[] {
    const all = [...this.#timers.keys(), ...this.#due.takeAll()];
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    return all;
  }
}
