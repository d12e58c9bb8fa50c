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
import { FailedRequests, type FailedUrl } from "./failed_requests.ts";
import type { Outcome } from "../core/outcome.ts";
import { type DrawnRequest, RequestSample } from "./request_sample.ts";

/** What a run's requests did when. Plain data, as it stands in the JSON of a run. */
export interface TimelineData {
  /** Milliseconds that each bin is long; the first begins with the run. */
  binMs: number;
  /** Requests in flight in each bin, on average over its time. */
  inFlight: number[];
  /** Of those, the ones whose answer had not begun. */
  waiting: number[];
  /** Requests that ended in each bin, well or not. */
  ended: number[];
  /** Requests that failed in each bin. */
  failed: number[];
  /** How long requests took on average that ended well in each bin, in milliseconds; null where none did. */
  meanMs: (number | null)[];
  /** How many requests there were: those that were sent, each by its last attempt. */
  count: number;
  /** Requests to be drawn, by when they began: all of them, or a sample if `count` is larger. */
  requests: DrawnRequest[];
  /** When the first failures ended, in milliseconds since the start; as many as are drawn each. */
  failures: number[];
  /** The first URLs that failed, of each kind, those that were never sent included. */
  failedUrls: FailedUrl[];
  /** How long requests took that ended well: by percentile, in milliseconds. Empty if none did. */
  latency: [percentile: number, ms: number][];
  /** How many requests that ended well took from one duration to the next, in milliseconds. Empty if none did. */
  histogram: { edgesMs: number[]; counts: number[] };
}

const PERCENTILES = [0, 10, 25, 50, 75, 90, 95, 99, 99.9, 99.99, 100];

/** Three digits of a latency are more than two runs agree on. */
const DIGITS = 3;

/** Bars of a histogram: as many as tell one peak from two. */
const HISTOGRAM_BARS = 40;

const KINDS = ["started", "startedMs", "begun", "begunMs", "ended", "endedMs", "failed", "done", "tookMs"] as const;

/** Collects what requests did when. */
export class Timeline {
  readonly #startEpochMs: number;
  readonly #bins = new Bins(KINDS);
  readonly #sample = new RequestSample();
  readonly #failed = new FailedRequests();
  readonly #latencies = build({ bitBucketSize: 32, numberOfSignificantValueDigits: DIGITS });

  /**
   * Starts to collect.
   *
   * @param startEpochMs When the run began, in milliseconds since the epoch. Default: now.
   */
  constructor(startEpochMs: number = performance.timeOrigin + performance.now()) {
    this.#startEpochMs = startEpochMs;
  }

  /** Adds an outcome. One that was never sent took no time, and would pass for quick. */
  readonly add = (outcome: Outcome): void => {
    const { attempts, result, startedAt, firstByteMs, totalMs } = outcome;
    const startMs = Math.max(0, startedAt - this.#startEpochMs);
    const endMs = startMs + totalMs;
    const beginMs = firstByteMs === undefined ? endMs : Math.min(endMs, startMs + firstByteMs);
    const failed = outcome.result === "failed";
    if (failed) this.#failed.add(outcome, attempts > 0 ? round(endMs) : undefined);
    if (attempts === 0) return;
    this.#note("started", startMs);
    this.#note("begun", beginMs);
    this.#note("ended", endMs);
    if (failed) this.#bins.add("failed", endMs);
    else {
      this.#latencies.recordValue(Math.round(totalMs * 1_000));
      this.#bins.add("done", endMs);
      this.#bins.add("tookMs", endMs, totalMs);
    }
    const begun = firstByteMs === undefined ? null : round(beginMs);
    this.#sample.add([round(startMs), begun, round(endMs), result === "failed"]);
  };

  /** What was collected so far. */
  get data(): TimelineData {
    const [done, tookMs] = [this.#bins.sums("done"), this.#bins.sums("tookMs")];
    return {
      binMs: this.#bins.widthMs,
      inFlight: this.#between("started", "ended"),
      waiting: this.#between("started", "begun"),
      ended: this.#bins.sums("ended"),
      failed: this.#bins.sums("failed"),
      meanMs: done.map((count, bin) => count === 0 ? null : round(tookMs[bin] / count)),
      count: this.#sample.count,
      requests: this.#sample.drawn,
      failures: this.#failed.endedMs,
      failedUrls: this.#failed.urls,
      ...this.#durations(),
    };
  }

  #durations(): Pick<TimelineData, "latency" | "histogram"> {
    const latencies = this.#latencies;
    if (latencies.totalCount === 0) return { latency: [], histogram: { edgesMs: [], counts: [] } };
    const latency = PERCENTILES.map((percentile): [number, number] => [
      percentile,
      latencies.getValueAtPercentile(percentile) / 1_000,
    ]);
    const edges = niceEdges(latency[0][1], latencies.maxValue / 1_000);
    // The histogram knows values by percentile, so how many are below an edge is found by halving
    const below = edges.map((edge) => countBelow(latencies, edge * 1_000));
    below[below.length - 1] = latencies.totalCount;
    const counts = below.slice(1).map((count, i) => count - (i === 0 ? 0 : below[i]));
    return { latency, histogram: { edgesMs: edges.map(round), counts } };
  }

  #note(kind: "started" | "begun" | "ended", atMs: number): void {
    this.#bins.add(kind, atMs);
    this.#bins.add(`${kind}Ms`, atMs, atMs);
  }

  /**
   * A request that begins in a bin is in flight from then to the bin's end, one that ends in it lacks the time from
   * then: so the sums of times say how much there was of both, however short requests are beside a bin.
   */
  #between(from: "started", to: "begun" | "ended"): number[] {
    const [started, startedMs] = [this.#bins.sums(from), this.#bins.sums(`${from}Ms`)];
    const [ended, endedMs] = [this.#bins.sums(to), this.#bins.sums(`${to}Ms`)];
    const { widthMs } = this.#bins;
    let before = 0;
    return started.map((begun, bin) => {
      const binEndMs = (bin + 1) * widthMs;
      const flightMs = (begun * binEndMs - startedMs[bin]) - (ended[bin] * binEndMs - endedMs[bin]);
      const average = before + flightMs / widthMs;
      before += begun - ended[bin];
      return Math.max(0, round(average));
    });
  }
}

/** Where bars of a histogram begin and end: evenly, from the least to the largest duration. */
function niceEdges(leastMs: number, mostMs: number): number[] {
  const width = Math.max(0.1, (mostMs - leastMs) / HISTOGRAM_BARS);
  return Array.from({ length: HISTOGRAM_BARS + 1 }, (_, i) => leastMs + i * width);
}

/** How many recorded values are less than one. */
function countBelow(histogram: ReturnType<typeof build>, value: number): number {
  let [from, to] = [0, histogram.totalCount];
  while (from < to) {
    const middle = (from + to + 1) >> 1;
    if (histogram.getValueAtPercentile(middle / histogram.totalCount * 100) < value) from = middle;
    else to = middle - 1;
  }
  return from;
}

/** Tenths are finer than any picture. */
function round(value: number): number {
  return Math.round(value * 10) / 10;
}
