/**
 * How long requests took: percentiles, in constant memory.
 *
 * @module
 */

import type { Histogram, JsHistogram } from "hdr-histogram-js";
import type { Distribution } from "../core/metric_registry.ts";

/** How long most of a run's requests took, in milliseconds. */
export interface Percentiles {
  /** Half took no longer. */
  p50: number;
  /** Nine of ten took no longer. */
  p90: number;
  /** 99 of 100 took no longer. */
  p99: number;
  /** None took longer. */
  max: number;
}

/** Durations up to which they are kept as they are, in 400 KB; more go into a histogram, whose package takes 40 ms to load. */
const KEPT = 50_000;

/** Digits of a duration that a histogram keeps: more than two runs agree on. */
const DIGITS = 3;

/** Collects durations. */
export class Latencies {
  #kept: number[] = [];
  #histogram: Histogram | Promise<Histogram> | undefined;
  /** What they add up to. */
  #sumMs = 0;

  /** Adds a duration in milliseconds. */
  add(ms: number): void {
    this.#sumMs += ms;
    this.#kept.push(ms);
    if (this.#kept.length < KEPT) return;
    if (this.#histogram === undefined) this.#histogram = this.#load();
    else if (!(this.#histogram instanceof Promise)) this.#moveTo(this.#histogram);
  }

  /**
   * Sums up.
   *
   * @returns Undefined when there was no duration.
   */
  async percentiles(): Promise<Percentiles | undefined> {
    if (this.#histogram === undefined) return ofSorted(Float64Array.from(this.#kept).sort());
    const histogram = await this.#histogram;
    this.#moveTo(histogram);
    const ms = (percentile: number) => histogram.getValueAtPercentile(percentile) / 1_000;
    return { p50: ms(50), p90: ms(90), p99: ms(99), max: ms(100) };
  }

  /**
   * How the durations so far are distributed, in seconds. What it says of a bucket never falls, although durations are kept in
   * fewer digits once there are many: that makes them smaller, if anything.
   *
   * @param bounds Seconds that durations of a bucket take at most, in whole microseconds, the least first.
   */
  distribution(bounds: readonly number[]): Distribution {
    const micros = bounds.map((seconds) => Math.round(seconds * 1e6));
    const counts = micros.map(() => 0);
    const note = (micro: number, count: number) => {
      const bucket = micros.findIndex((bound) => micro <= bound);
      if (bucket >= 0) counts[bucket] += count;
    };
    for (const ms of this.#kept) note(Math.round(ms * 1_000), 1);
    let count = this.#kept.length;
    if (this.#histogram !== undefined && !(this.#histogram instanceof Promise)) {
      const histogram = this.#histogram as JsHistogram; // the only kind that is built without WebAssembly
      count += histogram.totalCount;
      for (let at = 0; at < histogram.countsArrayLength; at++) {
        const counted = histogram.getCountAtIndex(at);
        if (counted > 0) note(histogram.valueFromIndex(at), counted); // the least that it may have been
      }
    }
    let upTo = 0;
    return { buckets: bounds.map((bound, at) => [bound, upTo += counts[at]]), count, sum: this.#sumMs / 1_000 };
  }

  async #load(): Promise<Histogram> {
    const { build } = await import("hdr-histogram-js");
    const histogram = build({ bitBucketSize: 32, numberOfSignificantValueDigits: DIGITS });
    this.#histogram = histogram;
    return histogram;
  }

  #moveTo(histogram: Histogram): void {
    for (const ms of this.#kept) histogram.recordValue(Math.round(ms * 1_000));
    this.#kept = [];
  }
}

function ofSorted(sorted: Float64Array): Percentiles | undefined {
  if (sorted.length === 0) return undefined;
  const ms = (percentile: number) => sorted[Math.ceil(percentile / 100 * sorted.length) - 1];
  return { p50: ms(50), p90: ms(90), p99: ms(99), max: ms(100) };
}
