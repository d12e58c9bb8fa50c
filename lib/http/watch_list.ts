/**
 * Attempts under watch, in the order in which they began: a linked list, so that any of 100,000 can leave it at once, and
 * whoever looks for the old ones can stop at the first that isn't.
 *
 * @module
 */

import type { Watched } from "./watched.ts";

/** A list of attempts, each in one list at most. */
export class WatchList implements Iterable<Watched> {
  #oldest: Watched | undefined;
  #newest: Watched | undefined;
  #size = 0;

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** Adds an attempt that began after all others, and is in no list. */
  add(watched: Watched): void {
    const newest = this.#newest;
    watched.previous = newest;
    if (newest) newest.next = watched;
    else this.#oldest = watched;
    this.#newest = watched;
    this.#size++;
  }

  /** Takes an attempt out, if it is there. */
  delete(watched: Watched): void {
    const { previous, next } = watched;
    if (previous === undefined && this.#oldest !== watched) return;
    if (previous) previous.next = next;
    else this.#oldest = next;
    if (next) next.previous = previous;
    else this.#newest = previous;
    watched.previous = watched.next = undefined;
    this.#size--;
  }

  /** All, the one that began first at the front. The one that was given last may be taken out meanwhile, but no other. */
  *[Symbol.iterator](): Generator<Watched, void> {
    for (let watched = this.#oldest; watched;) {
      const { next } = watched;
      yield watched;
      watched = next;
    }
  }
}
