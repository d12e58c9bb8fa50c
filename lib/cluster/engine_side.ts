/**
 * What a run on many machines asks of the engine, and doesn't have yet: a machine that loses a partition must be able to take
 * its downloads out of the queue, and a host's limits have to go with its partition.
 *
 * How the parts fit: a machine renews its {@linkcode ./session.ts | Session} in a loop, and asks `Ownership.plan()` after
 * each renewal. For a partition that it takes, it reads chunks by `run.jobs.read(partition)`, leaves out what
 * `start.state.finished` has, and puts the rest into the queue, each job with its partition; outcomes go into the partition's
 * `OutcomesWriter` by the download's number within the partition (`chunk.first` and its place in `chunk.jobs`). It has finished
 * when the chunk with `totals` was read and `finished.size` is `totals.partition`; then, or above its share, it stops starting
 * the partition's downloads, drains for at most 10 s, aborts, flushes, and hands it back. Before each start it looks whether
 * `session.state` is "held"; at "aborted" it aborts everything. What is `unreported` when a writer is lost is kept by partition
 * and number, and added to the writer of whoever takes the partition again on this machine.
 *
 * @module
 */

import type { HostStates } from "./outcome_entry.ts";

/** A queue that downloads can be taken out of by partition. */
export interface PartitionedQueue {
  /**
   * Takes everything of a partition out that isn't in flight: what is queued for its hosts, or deferred. It isn't reported.
   *
   * @param partition Which one.
   * @returns The numbers of its jobs that are still in flight.
   */
  withdraw(partition: number): number[];
  /** What is known of a partition's hosts, times as milliseconds since the epoch: Retry-After, concurrency limit, circuit. */
  exportHosts(partition: number): HostStates;
  /** Begins with what another machine knew. It is data from outside: what can't be is left out, and no wait is believed for longer than Retry-After may be. */
  importHosts(states: HostStates): void;
}
