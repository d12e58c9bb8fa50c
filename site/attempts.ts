/**
 * How often each page was asked for: what a repeatable failure is derived from.
 *
 * @module
 */

import { hash } from "./hash.ts";

/** Pages remembered at most, about 10 MB; beyond that, the oldest is forgotten. */
const MAX_PAGES = 262_144;

/** Counts the attempts at each page. */
export class Attempts {
  #counts = new Map<string | number, number>();

  /**
   * Counts an attempt.
   *
   * @param n The page.
   * @returns 1 for the first attempt, 2 for the second.
   */
  next(n: string): number {
    const key = n.length <= 20 ? n : hash(n);
    const attempt = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, attempt);
    if (this.#counts.size > MAX_PAGES) this.#counts.delete(this.#counts.keys().next().value ?? key);
    return attempt;
  }

  /** Forgets all attempts. */
  reset(): void {
    this.#counts.clear();
  }
}
