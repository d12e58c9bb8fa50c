/**
 * The outcomes of a run, read while it goes on or afterwards, each exactly once.
 *
 * @module
 */

import type { Run } from "./broker.ts";
import { BrokerError } from "./broker_error.ts";
import { inPartitions } from "./in_partitions.ts";
import type { MachinePlace } from "./machine_place.ts";
import { decodeEntry, type Numbered } from "./outcome_entry.ts";
import { PartitionState } from "./partition_state.ts";
import { patientLog } from "./patiently.ts";

/** Some outcomes of one machine. */
export interface MachineOutcomes {
  /** Where the machine saves; empty if that isn't known. */
  place: MachinePlace;
  /** Its outcomes. */
  outcomes: Numbered[];
}

/** Some outcomes of one machine, and the partition they are of. */
export interface PartitionOutcomes extends MachineOutcomes {
  /** The partition. */
  partition: number;
}

/**
 * Reads the outcomes of a run, each exactly once.
 *
 * @param run The run, which may go on meanwhile.
 * @returns Batches, in their order within each partition.
 * @throws {BrokerError} If the log isn't one that owners could have written.
 */
export function readOutcomes(run: Run): AsyncGenerator<PartitionOutcomes, void> {
  return inPartitions(run.partitions, async function* (partition) {
    for await (const outcomes of readPartition(run, partition)) yield { partition, ...outcomes };
  });
}

/**
 * Reads the outcomes of a partition, each exactly once.
 *
 * @param run The run, which may go on meanwhile.
 * @param partition The partition.
 * @yields Batches.
 * @throws {BrokerError} If the log isn't one that owners could have written.
 */
export async function* readPartition(run: Run, partition: number): AsyncGenerator<MachineOutcomes, void> {
  const state = new PartitionState();
  let epoch = 0;
  let place: MachinePlace = {};
  for await (const { data } of patientLog(run.outcomes, partition)) {
    const entry = decodeEntry(data);
    const isNext = entry.kind === "takeover" ? entry.epoch > epoch : entry.epoch === epoch;
    if (!isNext) throw new BrokerError("other", `The outcomes of partition ${partition} were written by two at once`);
    epoch = entry.epoch;
    if (entry.kind === "takeover") place = entry.place ?? {};
    // Every entry is read here, so a snapshot adds nothing
    const outcomes = entry.kind === "snapshot" ? [] : state.apply(entry);
    if (outcomes.length > 0) yield { place, outcomes };
  }
}
