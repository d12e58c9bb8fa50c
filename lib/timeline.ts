/**
 * When a run's requests began and ended and how long they took: what pictures of it are drawn from. In constant memory, so that
 * a million requests can be watched like ten.
 *
 * A request that was tried again is counted by its last attempt.
 *
 * @module
 */

import { build } from "hdr-histogram-js";
import { Bins } from "./bins.ts";
import type { Outcome } from "./outcome.ts";
import { type Span, Spans } from "./spans.ts";

/** What a run's requests did when. Plain data, as it stands in the JSON of a run. */
export interface TimelineData {
  /** Milliseconds that a bin of `started`, `ended` and `failed` is long. */
  binMs: number;
  /** Requests that began in each bin, from the start of the run. */
  started: number[];
  /** Requests that ended in each bin, well or not. */
  ended: number[];
  /** Requests that failed in each bin. */
  failed: number[];
  /** Requests side by side at most. */
  laneCount: number;
  /** Every how manieth of these lanes is in `lanes`. */
  laneStep: number;
  /** Requests in lanes in which none overlaps another: when each began and ended, and whether it failed. */
  lanes: Span[][];
  /** How long requests took that ended well: by percentile, in milliseconds. Empty if none did. */
  latency: [percentile: number, ms: number][];
}

const PERCENTILES = [0, 10, 25, 50, 75, 90, 95, 99, 99.9, 99.99, 100];

/** Three digits of a latency are more than two runs agree on. */
const DIGITS = 3;

/** Collects what requests did when. */
export class Timeline {
  readonly #startEpochMs: number;
  readonly #bins = new Bins(["started", "ended", "failed"]);
  readonly #spans = new Spans();
  readonly #latencies = build({ bitBucketSize: 32, numberOfSignificantValueDigits: DIGITS });

  /** @param startEpochMs When the run began, in milliseconds since the epoch. Default: now. */
  constructor(startEpochMs: number = performance.timeOrigin + performance.now()) {
    this.#startEpochMs = startEpochMs;
  }

  /** Adds the outcome of a request; one that was never sent has none to add. */
  readonly add = ({ result, startedAt, totalMs }: Outcome): void => {
    const startMs = Math.max(0, startedAt - this.#startEpochMs);
    const endMs = startMs + totalMs;
    const failed = result === "failed";
    this.#bins.add("started", startMs);
    this.#bins.add("ended", endMs);
    if (failed) this.#bins.add("failed", endMs);
    else this.#latencies.recordValue(Math.round(totalMs * 1_000));
    this.#spans.add([startMs, endMs, failed]);
  };

  /** What was collected so far. */
  get data(): TimelineData {
    const latencies = this.#latencies;
    return {
      binMs: this.#bins.widthMs,
      started: this.#bins.counts("started"),
      ended: this.#bins.counts("ended"),
      failed: this.#bins.counts("failed"),
      laneCount: this.#spans.laneCount,
      laneStep: this.#spans.step,
      lanes: this.#spans.lanes.map((lane) => lane.map(([start, end, failed]) => [round(start), round(end), failed])),
      latency: latencies.totalCount === 0
        ? []
        : PERCENTILES.map((percentile) => [percentile, latencies.getValueAtPercentile(percentile) / 1_000]),
    };
  }
}

/** Tenths of a millisecond are finer than any picture. */
function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
