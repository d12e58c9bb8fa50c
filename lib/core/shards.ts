/**
 * What shards are: large files with many bodies in each.
 *
 * @module
 */

/** A kind of shard. */
export type ShardFormat = "tar" | "warc";

/** Bytes that a shard has at most by default: what is said to be good for reading them from disks and object storage. */
export const SHARD_BYTES = 1_000_000_000;

/** What isolates share to write shards, each its own. */
export interface SharedShards {
  /** What they are. */
  format: ShardFormat;
  /** Bytes that one may have at most. */
  bytes: number;
  /** Numbers of those that an earlier run has begun, to go on with first. */
  unfinished: readonly number[];
  /** The first number that no run has given to a shard. */
  next: number;
  /** How many numbers of both have been taken. */
  taken: Int32Array<SharedArrayBuffer>;
}
