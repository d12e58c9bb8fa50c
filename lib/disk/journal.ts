/**
 * What is done, on disk: a file of records that only ever grows, one for each URL whose body was whole.
 *
 * A record is written *before* the finished temporary file is renamed to its target, and is believed only if the target
 * is there with the size it tells. So whatever moment a run is killed at, a target that is there has its record, and a
 * record without its target says no more than which name the URL has. Nothing that was fetched whole is fetched again.
 *
 * Every record is one `write` in append mode, so all workers may write to the same file. It begins with a check over the
 * rest: what is torn, or was left as zeros by a power cut, is skipped, and reading goes on at the next record that is whole.
 *
 * Measured against node:sqlite (WAL, synchronous off): 2.5 us to add a record against 16 us, and 32 bytes against 19 for
 * its smallest table. Ten million records load in about 7 s, into the 125 MB that duplicates are known by anyway.
 *
 * @module
 */

import type { Naming } from "../core/download.ts";
import { CannotWriteError } from "../core/errors.ts";

/** A download whose body was whole. */
export interface JournalRecord {
  /** The fingerprint of what was asked for: three words. */
  key: Uint32Array;
  /** Bytes of the file. */
  size: number;
  /** How the file got its name. */
  naming: Naming;
  /** The name of the file if it is stored; else empty. */
  storedName: string;
  /** The fingerprint of the name of the file, folded as `ClaimedNames` compares names: two words. */
  name: Uint32Array;
}

/** Bytes of a record before the stored name: eight words. */
const HEAD = 32;

/** Bytes read at a time. */
const CHUNK = 2 ** 20;

const NAMINGS: readonly Naming[] = ["plain", "distinct", "stored"];

const DECODER = new TextDecoder();

/** Marks a record and the version of this format; it goes into the check. */
const VERSION = 0x44_53_4a_01;

/** Adds records to a journal. */
export class JournalWriter implements Disposable {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #buffer = new Uint8Array(HEAD + 255);
  readonly #view = new DataView(this.#buffer.buffer);

  /**
   * Opens a journal.
   *
   * @param path The journal; created if it isn't there.
   * @throws {CannotWriteError} If it can't be opened.
   */
  constructor(path: string) {
    this.#path = path;
    try {
      this.#file = Deno.openSync(path, { append: true, create: true });
    } catch (cause) {
      throw new CannotWriteError(`cannot open the journal ${path}`, { cause });
    }
  }

  /**
   * Adds a record.
   *
   * @throws {CannotWriteError} If it can't be written whole.
   */
  append({ key, size, naming, storedName, name }: JournalRecord): void {
    const view = this.#view;
    const { written } = new TextEncoder().encodeInto(storedName, this.#buffer.subarray(HEAD));
    for (let i = 0; i < 3; i++) view.setUint32(4 + 4 * i, key[i], true);
    view.setUint32(16, size, true);
    view.setUint16(20, size / 2 ** 32, true);
    view.setUint8(22, NAMINGS.indexOf(naming));
    view.setUint8(23, written);
    view.setUint32(24, name[0], true);
    view.setUint32(28, name[1], true);
    view.setUint32(0, check(view, 0, written), true);
    const bytes = this.#buffer.subarray(0, HEAD + written);
    let count = 0;
    try {
      count = this.#file.writeSync(bytes);
    } catch (cause) {
      throw new CannotWriteError(`cannot write to the journal ${this.#path}`, { cause });
    }
    if (count < bytes.length) throw new CannotWriteError(`cannot write to the journal ${this.#path}: no space left`);
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** How many records a journal has at most, so that room can be made for them; 0 if it isn't there. */
export function journalRoom(path: string): number {
  try {
    return Math.floor(Deno.statSync(path).size / HEAD);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

/**
 * Reads a journal from its beginning. What isn't a whole record is left out.
 *
 * @param path The journal. One that isn't there has no records.
 * @param each Called with every record, the same object every time, and with where it is in the journal.
 * @yields The share of it that has been read, from 0 to 1, after every megabyte.
 * @throws {Deno.errors.PermissionDenied} And other errors, if the file is there but can't be read.
 */
export function* readJournal(
  path: string,
  each: (record: Readonly<JournalRecord>, at: number) => void,
): Generator<number, void> {
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  using _closed = file;
  const record = emptyRecord();
  const { size } = file.statSync();
  const buffer = new Uint8Array(CHUNK);
  const view = new DataView(buffer.buffer);
  const words = new Uint32Array(buffer.buffer);
  let end = 0;
  let before = 0;
  while (true) {
    const read = file.readSync(buffer.subarray(end));
    end += read ?? 0;
    let at = 0;
    while (at + HEAD <= end) {
      const length = recordLength(view, at, end);
      if (length > end - at && read !== null) break;
      if (length === 0 || length > end - at) {
        at = nextCandidate(words, at + 1, end);
        continue;
      }
      readRecord(view, at, record);
      each(record, before + at);
      at += length;
    }
    if (read === null) return;
    buffer.copyWithin(0, at, end);
    before += at;
    end -= at;
    yield Math.min(before / size, 1);
  }
}

/** Reads single records of a journal, by where they are. */
export class JournalReader implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #buffer = new Uint8Array(HEAD + 255);
  readonly #view = new DataView(this.#buffer.buffer);
  readonly #record = emptyRecord();

  /**
   * Opens a journal.
   *
   * @param path The journal.
   * @throws {Deno.errors.NotFound} And other errors, if it can't be opened.
   */
  constructor(path: string) {
    this.#file = Deno.openSync(path);
  }

  /**
   * Reads a record.
   *
   * @param at Where it is, as {@linkcode readJournal} said.
   * @returns The record, the same object every time; undefined if there is no whole one.
   */
  read(at: number): Readonly<JournalRecord> | undefined {
    this.#file.seekSync(at, Deno.SeekMode.Start);
    const end = this.#file.readSync(this.#buffer) ?? 0;
    const length = end < HEAD ? 0 : recordLength(this.#view, 0, end);
    if (length === 0 || length > end) return undefined;
    readRecord(this.#view, 0, this.#record);
    return this.#record;
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}

function emptyRecord(): JournalRecord {
  return { key: new Uint32Array(3), size: 0, naming: "plain", storedName: "", name: new Uint32Array(2) };
}

/** Bytes of the record that begins there, 0 if none does; more than there are if its end isn't there, and perhaps not it. */
function recordLength(view: DataView, at: number, end: number): number {
  if (view.getUint8(at + 22) >= NAMINGS.length) return 0; // what is no record mostly ends here, and costs little
  const nameLength = view.getUint8(at + 23);
  const isCut = at + HEAD + nameLength > end;
  return isCut || view.getUint32(at, true) === check(view, at, nameLength) ? HEAD + nameLength : 0;
}

function readRecord(view: DataView, at: number, record: JournalRecord): void {
  const nameLength = view.getUint8(at + 23);
  for (let i = 0; i < 3; i++) record.key[i] = view.getUint32(at + 4 + 4 * i, true);
  record.size = view.getUint32(at + 16, true) + view.getUint16(at + 20, true) * 2 ** 32;
  record.naming = NAMINGS[view.getUint8(at + 22)];
  const name = new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset + at + HEAD, nameLength);
  record.storedName = nameLength === 0 ? "" : DECODER.decode(name);
  record.name[0] = view.getUint32(at + 24, true);
  record.name[1] = view.getUint32(at + 28, true);
}

/** The next place where a record may begin: behind zeros, of which a file that was cut off may have gigabytes. */
function nextCandidate(words: Uint32Array, at: number, end: number): number {
  let word = (at + 3) >>> 2;
  const first = word;
  const last = end >>> 2;
  while (word < last && words[word] === 0) word++;
  // It may begin with zeros itself, but isn't all zeros
  return word - first < HEAD / 2 ? at : Math.max(at, 4 * word - HEAD);
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
