/**
 * A partition as its publisher knows it: what of it is published, and what its next chunk has so far.
 *
 * @module
 */

import type { Run } from "./broker.ts";
import { decodeChunk } from "./chunk.ts";
import { BlockPool, ChunkRows } from "./chunk_rows.ts";

/** Partitions whose ends are read at once. */
const READ_AT_ONCE = 32;

/** A partition, as its publisher knows it. */
export interface Filling {
  /** Which one. */
  readonly partition: number;
  /** The sequence number of its last chunk, 0 if there is none. */
  seq: number;
  /** Chunks that are published or on their way. */
  chunks: number;
  /** Downloads in those. */
  published: number;
  /** What was published before: how many downloads, their digest, and whether that was all of the list. */
  readonly before: { downloads: number; digest: number; isWhole: boolean };
  /** What the list has brought for it so far, published or not. */
  listed: number;
  /** The digest of that. */
  digest: number;
  /** The downloads of the next chunk. */
  readonly rows: ChunkRows;
  /** The digest up to the last of them. */
  digestOfJobs: number;
  /** Their JSON's length. */
  characters: number;
  /** The chunk that is on its way, one at a time: each has to name the one before. */
  sending: Promise<void> | undefined;
}

/** How far each partition is published. */
export async function readEnds(run: Run): Promise<Filling[]> {
  const ends: Filling[] = [];
  const pool = new BlockPool();
  for (let from = 0; from < run.partitions; from += READ_AT_ONCE) {
    const partitions = Array.from({ length: Math.min(READ_AT_ONCE, run.partitions - from) }, (_, at) => from + at);
    ends.push(...await Promise.all(partitions.map((partition) => readEnd(run, partition, pool))));
  }
  return ends;
}

async function readEnd(run: Run, partition: number, pool: BlockPool): Promise<Filling> {
  const last = await run.jobs.last(partition);
  const chunk = last && decodeChunk(last.data);
  const downloads = chunk ? chunk.first + chunk.jobs.length : 0;
  return {
    partition,
    seq: last?.seq ?? 0,
    chunks: chunk ? chunk.number + 1 : 0,
    published: downloads,
    before: { downloads, digest: chunk?.digest ?? 0, isWhole: chunk?.totals !== undefined },
    listed: 0,
    digest: 0,
    digestOfJobs: chunk?.digest ?? 0,
    rows: new ChunkRows(pool),
    characters: 0,
    sending: undefined,
  };
}
