/**
 * The requests of one lane: what was in flight, had arrived or had failed at any moment of its run.
 *
 * @module
 */

import { ENDINGS, type RunFacts, type Span } from "../events.ts";

/** What a lane's requests were at a moment. */
export interface Moment {
  /** Pages that had been asked for. */
  asked: number;
  /** Pages that had arrived. */
  arrived: number;
  /** Pages that had failed. */
  failed: number;
  /** Requests in flight. */
  inFlight: number;
}

const [DONE, FAILED, OPEN] = ENDINGS.keys();

/** The requests of a lane, which may still be running. */
export class Recording {
  /** What the run came to; absent while it goes on. */
  facts: RunFacts | undefined;
  /** Changes with what is recorded: whoever has drawn it must draw it again. */
  version = 0;
  /** Its requests, in the order in which they were sent. */
  #spans: Span[] = [];
  #starts: number[] = [];
  readonly #ends: Record<number, number[]> = { [DONE]: [], [FAILED]: [] };

  /** Its requests, in the order in which they were sent. */
  get spans(): readonly Span[] {
    return this.#spans;
  }

  /** Those that have ended, in the order in which they did. */
  get ended(): readonly Span[] {
    return this.#spans.filter(([, , ending]) => ending !== OPEN).sort(([, a], [, b]) => a - b);
  }

  /** When it ended, in milliseconds since it began; while it goes on, when its last request ended. */
  get endMs(): number {
    const seconds = this.facts?.seconds ?? 0;
    return Math.max(seconds * 1_000, ...[DONE, FAILED].map((ending) => this.#ends[ending].at(-1) ?? 0));
  }

  /**
   * Records requests that have ended.
   *
   * @param spans The requests.
   * @param inFlight How many more are in flight now. Of a run that goes on, one can be told: the next one, which `simple`
   * sends as soon as the one before has ended. Default: none.
   */
  add(spans: readonly Span[], inFlight = 0): void {
    if (spans.length === 0 && this.#starts.length > this.#spans.length === inFlight > 0) return;
    this.#set([...this.#spans, ...spans]);
    if (inFlight > 0) this.#starts.push(this.endMs);
  }

  /** Records how it has ended: all of its requests, and what it came to. */
  end(spans: readonly Span[], facts: RunFacts): void {
    this.facts = facts;
    this.#set([...spans]);
  }

  /** When the request that is in flight was sent, if one is known of. */
  get openSinceMs(): number | undefined {
    return this.#starts.length > this.#spans.length ? this.#starts.at(-1) : undefined;
  }

  /**
   * What the requests were.
   *
   * @param ms Milliseconds since the run began.
   */
  at(ms: number): Moment {
    const [asked, arrived, failed] = [this.#starts, this.#ends[DONE], this.#ends[FAILED]].map((all) => upTo(all, ms));
    return { asked, arrived, failed, inFlight: asked - arrived - failed };
  }

  #set(spans: Span[]): void {
    this.version++;
    this.#spans = spans.sort(([a], [b]) => a - b);
    this.#starts = this.#spans.map(([start]) => start);
    for (const ending of [DONE, FAILED]) {
      this.#ends[ending] = this.#spans.filter((span) => span[2] === ending).map(([, end]) => end).sort((a, b) => a - b);
    }
  }
}

/** Whether a request has ended by a moment; one that was in flight when its run was stopped never does. */
export function hasEnded([, endMs, ending]: Span, ms: number): boolean {
  return ending !== OPEN && endMs <= ms;
}

/** Whether a request failed. */
export function isFailure([, , ending]: Span): boolean {
  return ending === FAILED;
}

/** How many of these times, from the earliest to the latest, have come. */
function upTo(times: readonly number[], ms: number): number {
  let [from, to] = [0, times.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (times[middle] <= ms) from = middle + 1;
    else to = middle;
  }
  return from;
}
