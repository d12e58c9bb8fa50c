/**
 * When to have more requests in flight: as long as they don't wait for each other.
 *
 * A server, a network or this process that is at its limit answers no more per second when it is asked more at once; it
 * only lets each request wait longer. So the latency seen is compared with the least latency seen: what lies between is
 * time in a queue (the signal that TCP Vegas and LEDBAT, RFC 6817, go by), and while it is long nothing is added.
 *
 * @module
 */

import { QUEUEING_MS, STARTS_PER_TURN } from "../constants.ts";
import { turn } from "./lanes.ts";
import type { Outcome } from "./outcome.ts";

/** Times the least latency that answers may take for other reasons than a queue. */
const LONGER = 1.25;

/** Answers whose latencies make the moving average, about. */
const AVERAGED = 16;

/** Lets lanes open while that makes a run faster. */
export class Admission {
  #least = Infinity;
  #recent = 0;
  /** Answers, none of which waited in a queue, since the last lanes were opened. */
  #answers = 0;
  #waiting = () => {};

  /**
   * Notes how long a server took to answer.
   *
   * @param outcome How a download ended.
   */
  note({ firstByteMs }: Outcome): void {
    if (firstByteMs === undefined) return;
    if (firstByteMs < this.#least) this.#least = firstByteMs;
    this.#recent += (firstByteMs - this.#recent) / AVERAGED;
    // A queue that was there since the last lanes were opened is reason enough to open no more
    this.#answers = this.#waited(firstByteMs) ? 0 : this.#answers + 1;
    if (this.#open) this.#waiting();
  }

  /** Whether requests wait for each other, so that with more in flight each would only wait longer. */
  get full(): boolean {
    return this.#waited(this.#recent);
  }

  /**
   * What to wait for before another lane is opened: after some have been, a turn of the event loop, so that what arrives
   * gets its due. Once the first answer has come, each further lane needs an answer of its own that didn't wait in a
   * queue, so that their number doubles at most in the time the server takes (the slow start of TCP, RFC 5681).
   *
   * @param opened Lanes that have been opened.
   * @returns Nothing, or what to wait for.
   */
  readonly pause = (opened: number): Promise<void> | undefined => {
    // From few to many, so that what a server takes when it is idle is seen before it is busy
    if (opened < STARTS_PER_TURN) return opened >= 8 && (opened & (opened - 1)) === 0 ? turn() : undefined;
    return opened % STARTS_PER_TURN === 0 ? this.#room() : undefined;
  };

  #waited(ms: number): boolean {
    return ms > LONGER * this.#least + QUEUEING_MS;
  }

  get #open(): boolean {
    if (this.#least === Infinity) return true;
    return !this.full && this.#answers >= STARTS_PER_TURN;
  }

  async #room(): Promise<void> {
    await turn();
    if (!this.#open) await new Promise<void>((resolve) => this.#waiting = resolve);
    this.#answers -= Math.min(this.#answers, STARTS_PER_TURN);
  }
}
