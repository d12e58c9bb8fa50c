/**
 * How long many requests took, in so little that it goes with every batch of outcomes, and merges over partitions and
 * machines: counts of durations that are alike.
 *
 * Not hdr-histogram-js, which one machine's run uses: its own encoding trusts what it reads, and takes kilobytes where these
 * take hundreds of bytes.
 *
 * @module
 */

import { isCount, isRecord } from "./packed.ts";

/** Steps for each doubling of a duration: percentiles are right to about 1 %. */
const STEPS = 32;

/** The step of the shortest duration that is told from none, a microsecond. */
const FIRST_MS = 0.001;

/** The step of the longest duration that can be counted: 2^40 microseconds, 12 days. */
const LAST_STEP = 40 * STEPS;

/** Counts durations. */
export class Durations {
  readonly #counts = new Map<number, number>();
  #max = 0;

  /** Adds a duration in milliseconds. */
  add(ms: number): void {
    const step = ms < FIRST_MS ? 0 : Math.min(Math.floor(Math.log2(ms / FIRST_MS) * STEPS), LAST_STEP);
    this.#counts.set(step, (this.#counts.get(step) ?? 0) + 1);
    this.#max = Math.max(this.#max, ms);
  }

  /** Adds all durations of another one. */
  merge(other: Durations): void {
    for (const [step, count] of other.#counts) this.#counts.set(step, (this.#counts.get(step) ?? 0) + count);
    this.#max = Math.max(this.#max, other.#max);
  }

  /** How long most took, in milliseconds; undefined when there was no duration. The longest one is exact. */
  percentiles(): { p50: number; p90: number; p99: number; max: number } | undefined {
    const counts = [...this.#counts].sort(([one], [other]) => one - other);
    const all = counts.reduce((sum, [, count]) => sum + count, 0);
    if (all === 0) return undefined;
    const at = (percent: number) => {
      let left = Math.ceil(percent / 100 * all);
      const [step] = counts.find(([, count]) => (left -= count) <= 0) ?? [0];
      return Math.min(FIRST_MS * 2 ** ((step + 0.5) / STEPS), this.#max);
    };
    return { p50: at(50), p90: at(90), p99: at(99), max: this.#max };
  }

  /** As plain data: steps, each as the difference from the one before, and counts in turn. */
  toJSON(): { max: number; counts: number[] } {
    let before = 0;
    const counts = [...this.#counts].sort(([one], [other]) => one - other).flatMap(([step, count]) => {
      const difference = step - before;
      before = step;
      return [difference, count];
    });
    return { max: this.#max, counts };
  }

  /**
   * Reads what {@linkcode toJSON} gave.
   *
   * @param data Plain data, of whatever origin.
   * @throws {Error} If it is anything else.
   */
  static from(data: unknown): Durations {
    if (!isRecord(data) || !Array.isArray(data.counts)) throw new Error("durations are no counts");
    const { max, counts } = data;
    if (typeof max !== "number" || !(max >= 0 && max < Infinity)) throw new Error("the longest duration is no number");
    const durations = new Durations();
    durations.#max = max;
    let step = 0;
    for (let at = 0; at < counts.length; at += 2) {
      const [difference, count] = counts.slice(at, at + 2);
      if (!isCount(difference) || !isCount(count) || (at > 0 && difference === 0) || count === 0) {
        throw new Error("durations don't rise");
      }
      step += difference;
      if (step > LAST_STEP) throw new Error("durations are too long");
      durations.#counts.set(step, count);
    }
    return durations;
  }
}
