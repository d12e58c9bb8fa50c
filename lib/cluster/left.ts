/**
 * What of a run isn't done: the downloads that failed, and those that have no outcome, as the list said them.
 *
 * @module
 */

import { CommandError } from "../core/errors.ts";
import type { Download } from "../core/download.ts";
import type { Run } from "./broker.ts";
import { decodeChunk } from "./chunk.ts";
import { Finished } from "./finished.ts";
import { inPartitions } from "./in_partitions.ts";
import { readPartition } from "./read_outcomes.ts";
import { patientLog } from "./patiently.ts";

/** A download that isn't done, and why. */
export interface Left {
  /** The download, with its credentials. */
  download: Download;
  /** Why it failed; undefined if it has no outcome. */
  why: string | undefined;
}

/**
 * Finds what isn't done: of a few partitions at a time, the reasons of their failures are held.
 *
 * @param run The run, which may go on meanwhile.
 * @yields What isn't done as it is read, in the list's order within each partition.
 * @returns Whether all of the list is published, so that nothing of it is missing here.
 * @throws {CommandError} If the logs aren't whole.
 */
export async function* readLeft(run: Run): AsyncGenerator<Left, boolean> {
  let whole = 0;
  yield* inPartitions(run.partitions, (partition) => readLeftOf(run, partition, () => whole++));
  return whole === run.partitions;
}

async function* readLeftOf(run: Run, partition: number, onWhole: () => void): AsyncGenerator<Left, void> {
  const finished = new Finished();
  const failed = new Map<number, string>();
  for await (const { outcomes } of readPartition(run, partition)) {
    for (const [number, outcome] of outcomes) {
      finished.add(number);
      if (outcome.result === "failed") failed.set(number, outcome.message);
    }
  }
  let next = 0;
  for await (const { data } of patientLog(run.jobs, partition)) {
    const { number, first, jobs, totals } = decodeChunk(data);
    if (number !== next) {
      throw new CommandError(
        `Chunk ${next} of partition ${partition} of the run ${run.name} is lost: publish it again`,
      );
    }
    next++;
    for (const [at, { url, name, sha256, digests, headers }] of jobs.entries()) {
      const why = failed.get(first + at);
      if (why !== undefined || !finished.has(first + at)) {
        yield { download: { url, name, sha256, digests, headers }, why };
      }
    }
    if (totals !== undefined) onWhole();
  }
}
