/**
 * How many connections of our own there are, in all isolates: counters in shared memory. Each isolate writes a place of its own
 * a few times per second, so that counting costs a request nothing; whoever looks adds them up.
 *
 * @module
 */

import { Ticker } from "./timer.ts";

/** Connections, as an isolate counts them. */
export interface ConnectionCounts {
  /** With a request, or being made for one. */
  busy: number;
  /** Kept for the next request. */
  idle: number;
}

/** Isolates that are counted; what more there were would not be shown. */
const MOST_ISOLATES = 1_024;

/** The numbers of an isolate: busy, idle, and when they were written, in milliseconds since the epoch. */
const NUMBERS = 3;

/** Where the head has how many places are taken, and how many connections were opened. */
const [TAKEN, OPENED] = [0, 1];

/** Milliseconds between two looks of an isolate. */
const LOOK_MS = 250;

/** Milliseconds after which a place that isn't written any more is one of an isolate that has ended. */
const ENDED_MS = 5_000;

/** Makes the counters of a run, to be given to every isolate. */
export function makeConnectionCounts(): SharedArrayBuffer {
  return new SharedArrayBuffer((1 + MOST_ISOLATES * NUMBERS) * Float64Array.BYTES_PER_ELEMENT);
}

/**
 * Adds up what the isolates have counted.
 *
 * @param counts The counters.
 * @param now The time, in milliseconds since the epoch. Default: now.
 * @returns The connections of those isolates that there still are.
 */
export function readConnectionCounts(counts: SharedArrayBuffer, now: number = Date.now()): ConnectionCounts {
  const places = new Float64Array(counts, Float64Array.BYTES_PER_ELEMENT);
  const taken = Math.min(Atomics.load(headOf(counts), TAKEN), MOST_ISOLATES);
  const sum = { busy: 0, idle: 0 };
  for (let at = 0; at < taken * NUMBERS; at += NUMBERS) {
    if (now - places[at + 2] > ENDED_MS) continue;
    sum.busy += places[at];
    sum.idle += places[at + 1];
  }
  return sum;
}

/**
 * How many connections were opened since the run began, whether they still are or not.
 *
 * @param counts The counters.
 */
export function countOpened(counts: SharedArrayBuffer): number {
  return Atomics.load(headOf(counts), OPENED);
}

/** What all isolates count together. */
function headOf(counts: SharedArrayBuffer): Int32Array {
  return new Int32Array(counts, 0, 2);
}

/** Keeps the place of an isolate up to date, until it is disposed of. */
export class ConnectionCounter implements Disposable {
  readonly #head: Int32Array;
  readonly #place: Float64Array | undefined;
  readonly #look: () => ConnectionCounts;
  readonly #ticker: Ticker = new Ticker(LOOK_MS, () => this.#write());

  /**
   * Takes a place.
   *
   * @param counts The counters of the run.
   * @param look Says how many there are now.
   */
  constructor(counts: SharedArrayBuffer, look: () => ConnectionCounts) {
    this.#look = look;
    this.#head = headOf(counts);
    const at = Atomics.add(this.#head, TAKEN, 1);
    if (at >= MOST_ISOLATES) return;
    this.#place = new Float64Array(counts, (1 + at * NUMBERS) * Float64Array.BYTES_PER_ELEMENT, NUMBERS);
    this.#write();
    this.#ticker.start();
  }

  /** Counts one that was opened: at once, because a run may be over before its next look. */
  addOpened(): void {
    Atomics.add(this.#head, OPENED, 1);
  }

  /** Stops, with what there is then. */
  [Symbol.dispose](): void {
    this.#ticker.stop();
    this.#write();
  }

  #write(): void {
    const { busy, idle } = this.#look();
    this.#place?.set([busy, idle, Date.now()]);
  }
}
