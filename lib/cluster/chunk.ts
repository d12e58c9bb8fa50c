/**
 * A chunk of a partition's downloads, as the broker keeps it: at most 1,000 downloads or 256 KB of text, deflated to some
 * 27 bytes a URL. One message for each download would take 20 times as long to publish.
 *
 * @module
 */

import { CommandError } from "../core/errors.ts";
import { readDigests } from "../core/digests.ts";
import type { Download, Job } from "../core/download.ts";
import { readRecord } from "../source/list_record.ts";
import { BlockPool, ChunkRows } from "./chunk_rows.ts";
import { isCount, isRecord, packBytes, unpack } from "./packed.ts";

const encoder = new TextEncoder();

/** Downloads in a chunk at most. */
export const MAX_CHUNK_DOWNLOADS = 1_000;

/**
 * Characters of a chunk's JSON at most, counted before it is written: as UTF-8 those are 3 bytes each at most, and deflated
 * they stay below the 1 MB that a broker takes by default.
 */
export const MAX_CHUNK_CHARACTERS = 262_144;

/** Bytes of a chunk's JSON at most, for what surrounds the downloads too. */
const MAX_CHUNK_BYTES = 3 * MAX_CHUNK_CHARACTERS + 65_536;

/** A download as it is published: numbered, with the file that the publisher chose in the list's order. */
export interface PublishedJob extends Omit<Job, "attempt" | "partition"> {
  /** Whether the list has named it before. Default: false. */
  isDuplicate?: boolean;
}

/** A chunk of a partition's downloads. */
export interface Chunk {
  /** Its number within the partition, from 0, without gaps. */
  number: number;
  /** How many downloads of the partition come before it. */
  first: number;
  /** A digest of the downloads of the partition up to its end: tells whether a list is still the same. */
  digest: number;
  /** The downloads. */
  jobs: PublishedJob[];
  /** Downloads of the partition and of the whole run: in the last chunk only. */
  totals?: { partition: number; run: number };
}

/** A download in a chunk: its URL, or with what else is known: name, digests, headers, target. */
type Row = string | [url: string, rest: Omit<PublishedJob, "url" | "id">];

/** What of a chunk isn't its downloads. */
export type ChunkHead = Omit<Chunk, "jobs">;

/**
 * Writes a chunk.
 *
 * @param chunk The chunk.
 * @returns What the broker keeps.
 */
export function encodeChunk({ jobs, ...head }: Chunk): Uint8Array {
  const rows = new ChunkRows(new BlockPool());
  for (const job of jobs) rows.add(job.id, encodeRow(job));
  return encodeRows(head, rows);
}

/**
 * Writes a chunk of rows.
 *
 * @param head What it says besides.
 * @param rows Its downloads, each as {@linkcode encodeRow} wrote it; they are taken out.
 * @returns What the broker keeps.
 */
export function encodeRows({ number, first, digest, totals }: ChunkHead, rows: ChunkRows): Uint8Array {
  const head = JSON.stringify({ number, first, digest, totals });
  return packBytes(function* () {
    yield encoder.encode(`${head.slice(0, -1)},`);
    yield* rows.take();
    yield encoder.encode("}");
  }());
}

/** Writes a download. */
export function encodeRow({ id: _, url, ...rest }: PublishedJob): string {
  const row: Row = Object.keys(rest).length === 0 ? url : [url, rest];
  return JSON.stringify(row);
}

/**
 * Reads a chunk.
 *
 * @param packed What a broker gave.
 * @returns The chunk.
 * @throws {CommandError} If it is damaged, or says what no publisher would.
 */
export function decodeChunk(packed: Uint8Array): Chunk {
  try {
    return readChunk(unpack(packed, MAX_CHUNK_BYTES));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : cause;
    throw new CommandError(`A chunk of the run can't be read: ${why}; publish the list again under another --run`, {
      cause,
    });
  }
}

function readChunk(data: unknown): Chunk {
  if (!isRecord(data)) throw new Error("it isn't an object");
  const { number, first, digest, ids, rows, totals } = data;
  if (!isCount(number) || !isCount(first) || !isCount(digest)) throw new Error("it has no number");
  if (!Array.isArray(ids) || !Array.isArray(rows) || ids.length !== rows.length) throw new Error("it has no downloads");
  if (rows.length > MAX_CHUNK_DOWNLOADS) throw new Error(`it has more than ${MAX_CHUNK_DOWNLOADS} downloads`);
  let id = 0;
  const jobs = rows.map((row: unknown, at) => {
    const difference: unknown = ids[at];
    if (!isCount(difference) || (at > 0 && difference === 0)) throw new Error("its numbers don't rise");
    id += difference;
    if (!isCount(id)) throw new Error("its numbers are too large");
    return readJob(id, row);
  });
  const chunk: Chunk = { number, first, digest, jobs };
  if (totals === undefined) return chunk;
  if (!isRecord(totals) || !isCount(totals.partition) || !isCount(totals.run)) throw new Error("it has no totals");
  if (totals.partition !== first + jobs.length) throw new Error("its totals are wrong");
  return { ...chunk, totals: { partition: totals.partition, run: totals.run } };
}

function readJob(id: number, row: unknown): PublishedJob {
  const [url, rest] = Array.isArray(row) ? row : [row, {}];
  if (!isRecord(rest)) throw new Error("a download is no record");
  const download: Download | string = readRecord({ ...rest, url });
  if (typeof download === "string") throw new Error(download);
  const job: PublishedJob = { ...download, id };
  if (rest.digests !== undefined) {
    job.digests = readDigests(rest.digests);
    if (job.digests === undefined) throw new Error("its digests are none");
  }
  if (typeof rest.expected === "number") job.expected = rest.expected;
  if (rest.target !== undefined) job.target = readTarget(rest.target);
  if (rest.isDuplicate === true) job.isDuplicate = true;
  return job;
}

function readTarget(target: unknown): PublishedJob["target"] {
  if (!isRecord(target)) throw new Error("a target is no record");
  const { file, naming, isOwn } = target;
  if (typeof file !== "string" || !isWithin(file)) throw new Error("a target isn't a path within the output folder");
  if (naming !== "plain" && naming !== "distinct" && naming !== "stored") throw new Error("a target has no naming");
  return isOwn === true ? { file, naming, isOwn } : { file, naming };
}

/** Whether a path stays within its folder on every system. */
function isWithin(path: string): boolean {
  if (path.length > 4_096 || /[\\\0]|^[A-Za-z]:/.test(path)) return false;
  return path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}
