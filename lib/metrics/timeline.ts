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
import type { Outcome } from "../core/outcome.ts";
import { type Span, Spans } from "./spans.ts";

/** What a run's requests did when. Plain data, as it stands in the JSON of a run. */
export interface TimelineData {
  /** Milliseconds that each bin of `inFlight`, `ended` and `failed` is long; the first begins with the run. */
  binMs: number;
  /** Requests in flight in each bin, on average over its time. */
  inFlight: number[];
  /** Requests that ended in each bin, well or not. */
  ended: number[];
  /** Requests that failed in each bin. */
  failed: number[];
  /** Requests side by side at most. */
  laneCount: number;
  /** One lane in this many is in `lanes`. */
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
  readonly #bins = new Bins(["started", "startedMs", "ended", "endedMs", "failed"]);
  readonly #spans = new Spans();
  readonly #latencies = build({ bitBucketSize: 32, numberOfSignificantValueDigits: DIGITS });

  /**
   * Starts to collect.
   *
   * @param startEpochMs When the run began, in milliseconds since the epoch. Default: now.
   */
  constructor(startEpochMs: number = performance.timeOrigin + performance.now()) {
    this.#startEpochMs = startEpochMs;
  }

  /** Adds the outcome of a request that was sent; `measure()` leaves out the others, which took no time. */
  readonly add = ({ result, startedAt, totalMs }: Outcome): void => {
    const startMs = Math.max(0, startedAt - this.#startEpochMs);
    const endMs = startMs + totalMs;
    const failed = result === "failed";
    this.#bins.add("started", startMs);
    this.#bins.add("startedMs", startMs, startMs);
    this.#bins.add("ended", endMs);
    this.#bins.add("endedMs", endMs, endMs);
    if (failed) this.#bins.add("failed", endMs);
    else this.#latencies.recordValue(Math.round(totalMs * 1_000));
    this.#spans.add([startMs, endMs, failed]);
  };

  /** What was collected so far. */
  get data(): TimelineData {
    const latencies = this.#latencies;
    return {
      binMs: this.#bins.widthMs,
      inFlight: this.#inFlight(),
      ended: this.#bins.sums("ended"),
      failed: this.#bins.sums("failed"),
      laneCount: this.#spans.laneCount,
      laneStep: this.#spans.step,
      lanes: this.#spans.lanes.map((lane) => lane.map(([start, end, failed]) => [round(start), round(end), failed])),
      latency: latencies.totalCount === 0
        ? []
        : PERCENTILES.map((percentile) => [percentile, latencies.getValueAtPercentile(percentile) / 1_000]),
    };
  }

  /**
   * A request that begins in a bin is in flight from then to the bin's end, one that ends in it lacks the time from
   * then: so the sums of times say how much there was of both, however short requests are beside a bin.
   */
  #inFlight(): number[] {
    const [started, startedMs] = [this.#bins.sums("started"), this.#bins.sums("startedMs")];
    const [ended, endedMs] = [this.#bins.sums("ended"), this.#bins.sums("endedMs")];
    const { widthMs } = this.#bins;
    let before = 0;
    return started.map((begun, bin) => {
      const binEndMs = (bin + 1) * widthMs;
      const flightMs = (begun * binEndMs - startedMs[bin]) - (ended[bin] * binEndMs - endedMs[bin]);
      const average = before + flightMs / widthMs;
      before += begun - ended[bin];
      return round(average);
    });
  }
}

/** Tenths are finer than any picture. */
function round(value: number): number {
  return Math.round(value * 10) / 10;
}
