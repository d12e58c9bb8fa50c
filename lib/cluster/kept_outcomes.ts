/**
 * Outcomes of downloads whose partition was lost before they were in its log. If the partition comes back, they needn't be
 * made again; if not, another machine has made them.
 *
 * @module
 */

import type { Outcome } from "../core/outcome.ts";

/** Outcomes by partition, and by their numbers within it. */
export class KeptOutcomes {
  readonly #partitions = new Map<number, Map<number, Outcome>>();

  /** Keeps outcomes. */
  add(partition: number, outcomes: readonly (readonly [number, Outcome])[]): void {
    if (outcomes.length === 0) return;
    const kept = this.#partitions.get(partition) ?? new Map<number, Outcome>();
    this.#partitions.set(partition, kept);
    for (const [number, outcome] of outcomes) kept.set(number, outcome);
  }

  /** Takes those of a partition, which has come back. */
  take(partition: number): ReadonlyMap<number, Outcome> {
    const kept = this.#partitions.get(partition) ?? new Map<number, Outcome>();
    this.#partitions.delete(partition);
    return kept;
  }
}
