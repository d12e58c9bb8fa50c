/**
 * What outcomes come to besides their number: requests, failures by kind, how long it took. Goes with every batch, so that the
 * last entry of each partition is enough to say how the whole run stands.
 *
 * @module
 */

import type { FailureKind, Outcome } from "../core/outcome.ts";
import { Durations } from "./durations.ts";
import { isCount, isRecord } from "./packed.ts";

/** Characters of a failure's URL and message that are kept as an example: they go with every batch. */
const EXAMPLE_CHARACTERS = 200;

/** Kinds of failures at most: there are some thirty. */
const MAX_KINDS = 100;

/** Failures of one kind. */
export interface Failures {
  /** How many there were. */
  count: number;
  /** One of them. */
  example: { url: string; message: string };
}

/** Adds up outcomes, and keeps none of them. */
export class Figures {
  /** Of those skipped, the ones that the list has named before. */
  duplicates = 0;
  /** Of those skipped, the ones that aren't wanted. */
  unwanted = 0;
  /** Attempts made. */
  requests = 0;
  /** Of those, the ones after a first one failed. */
  retries = 0;
  /** The sum of the numbers in the pages. */
  value = 0n;
  /** When the first of them began, in milliseconds since the epoch; Infinity while there is none. */
  startedAt: number = Infinity;
  /** When the last of them ended; 0 while there is none. */
  endedAt = 0;
  /** Until responses began. */
  readonly firstByte: Durations = new Durations();
  /** Until bodies had arrived. */
  readonly total: Durations = new Durations();
  /** Failures by kind. */
  readonly failures: Map<FailureKind, Failures> = new Map();

  /** Adds an outcome. */
  add(outcome: Outcome): void {
    const { result, attempts, startedAt, totalMs, firstByteMs, url } = outcome;
    this.requests += attempts;
    this.retries += Math.max(0, attempts - 1);
    if (attempts > 0) {
      this.startedAt = Math.min(this.startedAt, startedAt);
      this.endedAt = Math.max(this.endedAt, startedAt + totalMs);
    }
    if (firstByteMs !== undefined) this.firstByte.add(firstByteMs);
    if (result === "done") this.total.add(totalMs);
    if (result === "done" && outcome.value !== undefined) this.value += BigInt(outcome.value);
    if (result === "skipped" && outcome.reason === "duplicate") this.duplicates++;
    if (result === "skipped" && outcome.reason === "unwanted") this.unwanted++;
    if (result === "failed") {
      const { kind, message } = outcome;
      this.#addFailures(kind, { count: 1, example: { url: shortened(url), message: shortened(message) } });
    }
  }

  /** Adds all that others come to. */
  merge(other: Figures): void {
    this.duplicates += other.duplicates;
    this.unwanted += other.unwanted;
    this.requests += other.requests;
    this.retries += other.retries;
    this.value += other.value;
    this.startedAt = Math.min(this.startedAt, other.startedAt);
    this.endedAt = Math.max(this.endedAt, other.endedAt);
    this.firstByte.merge(other.firstByte);
    this.total.merge(other.total);
    for (const [kind, failures] of other.failures) this.#addFailures(kind, failures);
  }

  /** These with some outcomes more; they stay as they are. */
  with(outcomes: Iterable<Outcome>): Figures {
    const figures = new Figures();
    figures.merge(this);
    for (const outcome of outcomes) figures.add(outcome);
    return figures;
  }

  /** As plain data. */
  toJSON(): Record<string, unknown> {
    const { duplicates, unwanted, requests, retries, startedAt, endedAt, firstByte, total } = this;
    const times = endedAt > 0 ? { startedAt, endedAt } : {};
    const value = String(this.value);
    return { duplicates, unwanted, requests, retries, value, ...times, firstByte, total, failures: [...this.failures] };
  }

  /**
   * Reads what {@linkcode toJSON} gave.
   *
   * @param data Plain data, of whatever origin.
   * @throws {Error} If it is anything else.
   */
  static from(data: unknown): Figures {
    if (!isRecord(data)) throw new Error("its figures are none");
    const { duplicates, unwanted, requests, retries, value, startedAt = Infinity, endedAt = 0, failures } = data;
    const figures = new Figures();
    if (![duplicates, unwanted, requests, retries].every(isCount)) throw new Error("its figures are no numbers");
    if (typeof value !== "string" || !/^\d{1,100}$/.test(value)) throw new Error("its value is no number");
    if (typeof startedAt !== "number" || typeof endedAt !== "number") throw new Error("its times are no numbers");
    Object.assign(figures, { duplicates, unwanted, requests, retries, startedAt, endedAt, value: BigInt(value) });
    figures.firstByte.merge(Durations.from(data.firstByte));
    figures.total.merge(Durations.from(data.total));
    if (!Array.isArray(failures) || failures.length > MAX_KINDS) throw new Error("its failures are none");
    for (const each of failures) figures.#addFailures(...readFailures(each));
    return figures;
  }

  #addFailures(kind: FailureKind, { count, example }: Failures): void {
    const known = this.failures.get(kind);
    this.failures.set(kind, { count: (known?.count ?? 0) + count, example: known?.example ?? example });
  }
}

function readFailures(pair: unknown): [FailureKind, Failures] {
  const [kind, failures] = Array.isArray(pair) ? pair : [];
  if (typeof kind !== "string" || !/^[a-z-]{1,40}$/.test(kind) || !isRecord(failures) || !isCount(failures.count)) {
    throw new Error("its failures have no kind or number");
  }
  const { count, example } = failures;
  if (!isRecord(example) || typeof example.url !== "string" || typeof example.message !== "string") {
    throw new Error("its failures have no example");
  }
  return [kind as FailureKind, { count, example: { url: example.url, message: example.message } }];
}

function shortened(text: string): string {
  return text.length > EXAMPLE_CHARACTERS ? `${text.slice(0, EXAMPLE_CHARACTERS - 1)}…` : text;
}
