/**
 * What is known of a partition by its log: which downloads have an outcome, what those come to, and its hosts.
 *
 * @module
 */

import type { Outcome } from "../core/outcome.ts";
import type { HostStates } from "../core/shared_run.ts";
import { Figures } from "./figures.ts";
import { Finished } from "./finished.ts";
import type { Entry, Numbered, Totals } from "./outcome_entry.ts";

/** What the entries of a partition's log come to. */
export class PartitionState {
  /** The downloads that have an outcome. */
  finished: Finished = new Finished();
  /** What the outcomes come to. */
  totals: Totals = { done: 0, skipped: 0, failed: 0, bytes: 0 };
  /** What they come to besides. */
  figures: Figures = new Figures();
  /** What is known of the partition's hosts. */
  hosts: HostStates = {};

  /**
   * Takes an entry in.
   *
   * @param entry The next entry of the log.
   * @returns Its outcomes, of downloads that had none before.
   */
  apply(entry: Entry): Numbered[] {
    if (entry.kind === "takeover") return [];
    this.hosts = entry.hosts;
    if (entry.kind === "snapshot") {
      this.finished = entry.finished;
      this.totals = { ...entry.totals };
      this.figures = entry.figures?.with([]) ?? new Figures();
      return [];
    }
    return entry.outcomes.filter(([number, outcome]) => this.add(number, outcome));
  }

  /** Counts an outcome, if its download has none yet; says whether it had none. */
  add(number: number, outcome: Outcome): boolean {
    if (!this.finished.add(number)) return false;
    this.totals[outcome.result]++;
    this.totals.bytes += outcome.bytes;
    this.figures.add(outcome);
    return true;
  }
}
