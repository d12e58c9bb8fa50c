/**
 * From outcomes to the facts of a run: counts, the sum of the pages, failures by kind.
 *
 * @module
 */

import type { Percentiles } from "./latencies.ts";
import type { FailureKind, Outcome } from "../core/outcome.ts";
import type { TimelineData } from "./timeline.ts";

/** Failures of one kind. */
export interface FailureGroup {
  /** Why they failed, in a word. */
  kind: FailureKind;
  /** How many there were. */
  count: number;
  /** The first of them. */
  example: { url: string; message: string };
}

/** What a run came to. `asked = done + skipped + failed + notStarted`, always. */
export interface Summary {
  /** The strategy's title. */
  strategy: string;
  /** URLs there were to download. */
  asked: number;
  /** Downloads that ended well. */
  done: number;
  /** Downloads that were already there. */
  skipped: number;
  /** Downloads that failed for good. */
  failed: number;
  /** URLs that were not tried, because the run was ended before. */
  notStarted: number;
  /** The sum of the numbers in the pages, exact, in decimal digits. */
  value: string;
  /** Seconds from the first request to the last outcome. */
  seconds: number;
  /** Attempts made: of a URL that was skipped, or failed without being tried, there is none. */
  requests: number;
  /** Of those, the ones after a first one failed. */
  retries: number;
  /** Bytes of bodies that arrived. */
  bytes: number;
  /** The most requests there ever were in flight. */
  peakInFlight: number;
  /** Isolates that downloaded, if that was counted. */
  isolates?: number;
  /** Connections that were opened, if that was counted: `fetch` doesn't say, but a website of our own or a client of our own does. */
  connections?: number;
  /** The most memory the process ever had, in bytes. */
  peakMemoryBytes: number;
  /** Seconds of CPU that the process spent on it, in all its threads; absent where the system doesn't tell. */
  cpuSeconds?: number;
  /** Whether it was ended before its time. */
  interrupted: boolean;
  /** Why it was ended before its time, if not by a signal: too many failures, or what can't be read or written. */
  stopped?: { why: string; exitCode: number };
  /** Whether there was no telling how many there were, and it was ended before: `asked` counts what was read of the list. */
  unread: boolean;
  /** Of those skipped, the ones that the list has named before. */
  duplicates: number;
  /** Of those skipped, the ones of which their servers said that they haven't changed. Default: none. */
  unchanged?: number;
  /** Of those skipped, the ones that aren't wanted. Default: none. */
  unwanted?: number;
  /** Lines of the list that are no downloads and were skipped; they aren't among those asked for. */
  badLines?: number;
  /** How long it took until responses began, if that was collected and there were any. */
  firstByteMs?: Percentiles;
  /** How long requests took that ended well, if that was collected and there were any. */
  totalMs?: Percentiles;
  /** Failures by kind, the most frequent first. */
  failures: FailureGroup[];
  /** What requests did when, if that was asked for. */
  timeline?: TimelineData;
}

/** A summary that also says what requests did when. */
export type Recorded = Summary & { timeline: TimelineData };

/** Adds up outcomes as they come, and keeps none of them. */
export class Tally {
  /** Downloads that ended well. */
  done = 0;
  /** Downloads that were already there. */
  skipped = 0;
  /** Downloads that failed for good. */
  failed = 0;
  /** Of those skipped, the ones that were asked for before. */
  duplicates = 0;
  /** Of those skipped, the ones that haven't changed. */
  unchanged = 0;
  /** Of those skipped, the ones that aren't wanted. */
  unwanted = 0;
  /** Attempts made. */
  requests = 0;
  /** A safe part of the sum; moved to {@linkcode Tally.#large} before it could lose a digit. */
  #small = 0;
  #large = 0n;
  readonly #failures = new Map<FailureKind, FailureGroup>();

  /** Adds an outcome. */
  readonly add = (outcome: Outcome): void => {
    this[outcome.result]++;
    this.requests += outcome.attempts;
    if (outcome.result === "done" && outcome.value !== undefined) this.#addValue(outcome.value);
    if (outcome.result === "skipped") {
      if (outcome.reason === "duplicate") this.duplicates++;
      else if (outcome.reason === "unchanged") this.unchanged++;
      else if (outcome.reason === "unwanted") this.unwanted++;
    }
    if (outcome.result === "failed") {
      const { kind, url, message } = outcome;
      const group = this.#failures.get(kind) ?? { kind, count: 0, example: { url, message } };
      group.count++;
      this.#failures.set(kind, group);
    }
  };

  /** The sum of all values, exact at any size. */
  get value(): bigint {
    return this.#large + BigInt(this.#small);
  }

  /** Failures by kind, the most frequent first. */
  get failures(): FailureGroup[] {
    return [...this.#failures.values()].sort((a, b) => b.count - a.count);
  }

  #addValue(value: number): void {
    if (this.#small + value > Number.MAX_SAFE_INTEGER) {
      this.#large += BigInt(this.#small);
      this.#small = 0;
    }
    this.#small += value;
  }
}
