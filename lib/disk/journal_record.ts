/**
 * A record of the journal, and what it is in bytes.
 *
 * @module
 */

import type { Naming } from "../core/download.ts";

/**
 * What a record says: that the body of a download was whole, and how its file got its name; or, of a file that has its name,
 * which version of what it is.
 */
export type RecordKind = Naming | "version";

/** What the journal has about a download. */
export interface JournalRecord {
  /** The fingerprint of what was asked for: three words. */
  key: Uint32Array;
  /** Bytes of the file. */
  size: number;
  /** How the file got its name, or that this is about its version. */
  naming: RecordKind;
  /** The name of the file if it is stored, or its version; else empty. */
  storedName: string;
  /**
   * The fingerprint of the name of the file, folded as `ClaimedNames` compares names: two words. Beside a version, the
   * milliseconds of when the file was modified.
   */
  name: Uint32Array;
}

/** Bytes of a record before the stored name: eight words. */
export const HEAD = 32;

/** Bytes that a stored name has at most. */
export const MOST_NAME = 255;

const NAMINGS: readonly RecordKind[] = ["plain", "distinct", "stored", "version"];

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** Marks a record and the version of this format; it goes into the check. */
const VERSION = 0x44_53_4a_01;

/** A record that says nothing yet, to be read into. */
export function emptyRecord(): JournalRecord {
  return { key: new Uint32Array(3), size: 0, naming: "plain", storedName: "", name: new Uint32Array(2) };
}

/**
 * Writes a record into memory.
 *
 * @param buffer The memory. It has room for a record with the longest name.
 * @param view The same memory.
 * @param at Where the record goes.
 * @param record The record.
 * @returns Bytes that it has.
 */
export function writeRecord(
  buffer: Uint8Array<ArrayBuffer>,
  view: DataView,
  at: number,
  { key, size, naming, storedName, name }: JournalRecord,
): number {
  const room = buffer.subarray(at + HEAD, at + HEAD + MOST_NAME);
  const written = storedName === "" ? 0 : ENCODER.encodeInto(storedName, room).written;
  for (let i = 0; i < 3; i++) view.setUint32(at + 4 + 4 * i, key[i], true);
  view.setUint32(at + 16, size, true);
  view.setUint16(at + 20, size / 2 ** 32, true);
  view.setUint8(at + 22, NAMINGS.indexOf(naming));
  view.setUint8(at + 23, written);
  view.setUint32(at + 24, name[0], true);
  view.setUint32(at + 28, name[1], true);
  view.setUint32(at, check(view, at, written), true);
  return HEAD + written;
}

/**
 * Looks for a record.
 *
 * @param view Bytes of a journal.
 * @param at Where it may begin; `HEAD` bytes are there at least.
 * @param end Where the bytes end.
 * @returns Bytes of the record that begins there, 0 if none does; more than there are if its end isn't there, and perhaps not it.
 */
export function recordLength(view: DataView, at: number, end: number): number {
  if (view.getUint8(at + 22) >= NAMINGS.length) return 0; // what is no record mostly ends here, and costs little
  const nameLength = view.getUint8(at + 23);
  const isCut = at + HEAD + nameLength > end;
  return isCut || view.getUint32(at, true) === check(view, at, nameLength) ? HEAD + nameLength : 0;
}

/**
 * Reads a record.
 *
 * @param view Bytes of a journal.
 * @param at Where the record begins, which is whole.
 * @param record What it is read into.
 */
export function readRecord(view: DataView, at: number, record: JournalRecord): void {
  const nameLength = view.getUint8(at + 23);
  for (let i = 0; i < 3; i++) record.key[i] = view.getUint32(at + 4 + 4 * i, true);
  record.size = view.getUint32(at + 16, true) + view.getUint16(at + 20, true) * 2 ** 32;
  record.naming = NAMINGS[view.getUint8(at + 22)];
  const name = new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset + at + HEAD, nameLength);
  record.storedName = nameLength === 0 ? "" : DECODER.decode(name);
  record.name[0] = view.getUint32(at + 24, true);
  record.name[1] = view.getUint32(at + 28, true);
}

/** A check over a record but its first word. It finds what is torn or zeroed; it needn't withstand anyone. */
function check(view: DataView, at: number, nameLength: number): number {
  let sum = VERSION;
  for (let i = 4; i < HEAD; i += 4) sum = mixed(sum, view.getUint32(at + i, true));
  for (let i = HEAD; i < HEAD + nameLength; i++) sum = mixed(sum, view.getUint8(at + i));
  return sum >>> 0;
}

function mixed(sum: number, word: number): number {
  sum = Math.imul(sum ^ word, 0x9e3779b1);
  return sum ^ (sum >>> 15);
}
