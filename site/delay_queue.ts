/**
 * The same wait for everyone, with one timer.
 *
 * Since every wait is equally long, what began first ends first: a plain queue replaces a timer per request, which would
 * cost as much CPU as the rest of the answer.
 *
 * @module
 */

interface Waiting {
  due: number;
  done: () => void;
}

/** A queue in which every wait is equally long. */
export class DelayQueue {
  readonly #ms: number;
  #waiting: Waiting[] = [];
  #next = 0;

  /**
   * An empty queue.
   *
   * @param ms Milliseconds that everyone waits, 0 or more.
   */
  constructor(ms: number) {
    this.#ms = ms;
  }

  /** Resolves when the delay has passed, never before. */
  wait(): Promise<void> {
    return new Promise((done) => {
      this.#waiting.push({ due: performance.now() + this.#ms, done });
      if (this.#waiting.length === 1) setTimeout(this.#wake, this.#ms);
    });
  }

  #wake = () => {
    const now = performance.now();
    while (this.#next < this.#waiting.length && this.#waiting[this.#next].due <= now) {
      this.#waiting[this.#next++].done();
    }
    if (this.#next === this.#waiting.length) {
      this.#waiting = [];
      this.#next = 0;
      return;
    }
    // Those who are gone are dropped in one go, and only when they are the larger part: each is moved once at most.
    if (this.#next > this.#waiting.length / 2) {
      this.#waiting = this.#waiting.slice(this.#next);
      this.#next = 0;
    }
    setTimeout(this.#wake, Math.ceil(this.#waiting[this.#next].due - now));
  };
}
