/**
 * Numbers about a run that can be looked at while it goes on, and who has them. Whoever counts something registers a function
 * that reads it; it is called when somebody looks, so counting costs what it costs without.
 *
 * @module
 */

/** A value, and what tells it apart from the others of its metric. */
export interface Sample {
  /** Names and values. Default: none. */
  labels?: Readonly<Record<string, string>>;
  /** The value. */
  value: number;
}

/** How often a value was at most so large. */
export interface Distribution {
  /** Names and values. Default: none. */
  labels?: Readonly<Record<string, string>>;
  /** How many values there were up to each bound, the smallest bound first. */
  buckets: readonly (readonly [bound: number, count: number])[];
  /** How many values there were. */
  count: number;
  /** What they add up to. */
  sum: number;
}

/** What every metric says. */
export interface MetricText {
  /** Its name, which ends in its unit: `_seconds`, `_bytes`. That of a counter ends in `_total` after that. */
  readonly name: string;
  /** What it counts, in a sentence without a period. */
  readonly help: string;
}

/** A counter only grows, a gauge goes up and down, a histogram says how values are distributed. */
export type Metric =
  | MetricText & { readonly type: "counter" | "gauge"; readonly samples: readonly Sample[] }
  | MetricText & { readonly type: "histogram"; readonly samples: readonly Distribution[] };

/** Reads what some metrics say now. */
export type Collect = () => Iterable<Metric>;

/** What can be looked at. */
export class MetricRegistry {
  readonly #collects = new Set<Collect>();

  /**
   * Adds metrics.
   *
   * @param collect Reads them, whenever somebody looks. No two may give a metric of the same name.
   * @returns Takes them out again.
   */
  add(collect: Collect): () => void {
    this.#collects.add(collect);
    return () => this.#collects.delete(collect);
  }

  /** Reads all metrics, in the order in which they were added. */
  collect(): Metric[] {
    return [...this.#collects].flatMap((collect) => [...collect()]);
  }
}
