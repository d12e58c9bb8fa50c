/**
 * What the log of a partition's outcomes is made of: takeovers, batches of outcomes, and snapshots, so that whoever takes the
 * partition needn't read it from its start.
 *
 * @module
 */

import { CommandError } from "../core/errors.ts";
import type { FailureKind, Outcome } from "../core/outcome.ts";
import type { HostStates } from "../core/shared_run.ts";
import { Figures } from "./figures.ts";
import { Finished } from "./finished.ts";
import { type MachinePlace, readPlace } from "./machine_place.ts";
import { isCount, isRecord, pack, unpack } from "./packed.ts";

/** Bytes of an entry's JSON at most: outcomes quote URLs, and a snapshot has the numbers of a partition's gaps. */
const MAX_ENTRY_BYTES = 8 * 1_024 ** 2;

/** What the outcomes so far come to. */
export interface Totals {
  /** Downloads whose body arrived. */
  done: number;
  /** Downloads that needn't be made. */
  skipped: number;
  /** Downloads that failed for good. */
  failed: number;
  /** Bytes of the last attempts. */
  bytes: number;
}

/** An outcome, and its download's number within the partition. */
export type Numbered = [number: number, outcome: Outcome];

/** What all entries have. */
export interface EntryBase {
  /** The revision of the partition's owner that it was written under. */
  epoch: number;
  /** The sequence number of the snapshot from which on to read; 0 for the start of the log. A snapshot is its own. */
  since: number;
}

/** Somebody has taken the partition: what others append is refused from here on. */
export interface TakeoverEntry extends EntryBase {
  /** What tells entries apart. */
  kind: "takeover";
  /** The name of the session that took it. */
  session: string;
  /** Where its machine saves. Default: that isn't known. */
  place?: MachinePlace;
}

/** Some downloads have ended. */
export interface BatchEntry extends EntryBase {
  /** What tells entries apart. */
  kind: "batch";
  /** Its number within the epoch: no two entries are the same bytes. */
  number: number;
  /** How they ended. */
  outcomes: Numbered[];
  /** What all outcomes come to, with these. */
  totals: Totals;
  /** What they come to besides. Default: that isn't known. */
  figures?: Figures;
  /** What is known of the partition's hosts. */
  hosts: HostStates;
}

/** All that the entries before it come to. */
export interface SnapshotEntry extends EntryBase {
  /** What tells entries apart. */
  kind: "snapshot";
  /** Its number within the epoch. */
  number: number;
  /** The downloads that have an outcome. */
  finished: Finished;
  /** What all outcomes come to. */
  totals: Totals;
  /** What they come to besides. Default: that isn't known. */
  figures?: Figures;
  /** What is known of the partition's hosts. */
  hosts: HostStates;
}

/** An entry of the log. */
export type Entry = TakeoverEntry | BatchEntry | SnapshotEntry;

/** Writes an entry. */
export function encodeEntry(entry: Entry): Uint8Array {
  return pack(entry);
}

/**
 * Reads an entry.
 *
 * @param packed What a broker gave.
 * @throws {CommandError} If it is damaged, or says what no owner would.
 */
export function decodeEntry(packed: Uint8Array): Entry {
  try {
    return readEntry(unpack(packed, MAX_ENTRY_BYTES));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : cause;
    throw new CommandError(`Outcomes of the run can't be read: ${why}; start it again under another --run`, { cause });
  }
}

function readEntry(data: unknown): Entry {
  if (!isRecord(data) || !isCount(data.epoch) || !isCount(data.since)) throw new Error("an entry has no epoch");
  const { kind, epoch, since, session, place, number, outcomes, totals, hosts, finished, figures } = data;
  if (kind === "takeover") {
    if (typeof session !== "string") throw new Error("a takeover has no session");
    return { kind, epoch, since, session, ...place !== undefined && { place: readPlace(place) } };
  }
  if (!isCount(number) || !isRecord(hosts)) throw new Error("an entry has no number or no hosts");
  const base = { epoch, since, number, totals: readTotals(totals), hosts };
  const rest = figures === undefined ? base : { ...base, figures: Figures.from(figures) };
  if (kind === "snapshot") return { kind, ...rest, finished: Finished.from(finished) };
  if (kind !== "batch" || !Array.isArray(outcomes)) throw new Error("an entry is of no known kind");
  return { kind, ...rest, outcomes: outcomes.map(readNumbered) };
}

function readTotals(totals: unknown): Totals {
  if (!isRecord(totals)) throw new Error("an entry has no totals");
  const { done, skipped, failed, bytes } = totals;
  if (![done, skipped, failed, bytes].every(isCount)) throw new Error("totals are no numbers");
  return { done, skipped, failed, bytes } as Totals;
}

function readNumbered(pair: unknown): Numbered {
  const [number, outcome] = Array.isArray(pair) ? pair : [];
  if (!isCount(number) || !isRecord(outcome)) throw new Error("an outcome has no number");
  const { result, id, url, attempts, startedAt, totalMs, firstByteMs = 0, bytes, value = 0, kind, message } = outcome;
  const isKnown = result === "done" || result === "skipped" ||
    (result === "failed" && isKind(kind) && typeof message === "string");
  const areNumbers = [id, attempts, bytes, value].every(isCount) && [startedAt, totalMs, firstByteMs].every(isTime);
  if (!isKnown || !areNumbers || typeof url !== "string") throw new Error("an outcome isn't whole");
  return [number, outcome as unknown as Outcome];
}

/** Whether a value can be a kind of failures: a word in small letters. */
export function isKind(value: unknown): value is FailureKind {
  return typeof value === "string" && /^[a-z-]{1,40}$/.test(value);
}

/** Whether a value can be milliseconds, also those of a date (ECMA-262 §21.4.1.1). */
function isTime(value: unknown): boolean {
  return typeof value === "number" && Math.abs(value) <= 8.64e15;
}
