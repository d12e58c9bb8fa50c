/**
 * What only the journal has: names that servers gave, for example, or versions of files. It stays on disk; what is kept in
 * memory is where, in about 25 bytes a record.
 *
 * @module
 */

import { fingerprint, FINGERPRINT_WORDS } from "./fingerprint.ts";
import { JournalReader, type JournalRecord } from "./journal.ts";

/** Slots at first, and how full they get before there are twice as many. */
const [FIRST_ROOM, FULL] = [64, 0.7];

/** A place that says that there is no record any more. */
const GONE = -1;

/** Where in a journal the records of some downloads are. */
export class RecordIndex implements Disposable {
  readonly #path: string;
  readonly #words = new Uint32Array(FINGERPRINT_WORDS);
  #reader: JournalReader | undefined;
  #count = 0;
  /** Keys, as far as a number can hold their fingerprints, and where their records are, from 1 on; 0 is a free slot. */
  #keys = new Float64Array(FIRST_ROOM);
  #places = new Float64Array(FIRST_ROOM);

  /**
   * Knows of no record yet.
   *
   * @param journal The journal that they are in.
   */
  constructor(journal: string) {
    this.#path = journal;
  }

  /**
   * Notes where a record is. Of several of one key, the last counts.
   *
   * @param key The fingerprint of what was asked for.
   * @param at Where in the journal its record is.
   */
  add(key: Uint32Array, at: number): void {
    if (this.#count >= FULL * this.#keys.length) this.#grow();
    const number = numberOf(key);
    const slot = this.#slotOf(number);
    if (this.#places[slot] === 0) this.#count++;
    this.#keys[slot] = number;
    this.#places[slot] = at + 1;
  }

  /**
   * Forgets a record, if there is one.
   *
   * @param key The fingerprint of what was asked for.
   */
  drop(key: Uint32Array): void {
    if (this.#count === 0) return;
    const slot = this.#slotOf(numberOf(key));
    if (this.#places[slot] !== 0) this.#places[slot] = GONE;
  }

  /**
   * Looks a record up.
   *
   * @param key What was asked for.
   * @returns Its record, the same object every time; undefined if it has none.
   */
  find(key: string): Readonly<JournalRecord> | undefined {
    fingerprint(key, this.#words);
    const place = this.#places[this.#slotOf(numberOf(this.#words))];
    if (place === 0 || place === GONE) return undefined;
    this.#reader ??= new JournalReader(this.#path);
    const record = this.#reader.read(place - 1);
    return record !== undefined && this.#words.every((word, i) => word === record.key[i]) ? record : undefined;
  }

  /** Closes the journal. */
  [Symbol.dispose](): void {
    this.#reader?.[Symbol.dispose]();
  }

  #slotOf(key: number): number {
    const room = this.#keys.length;
    let slot = key % room;
    while (this.#places[slot] !== 0 && this.#keys[slot] !== key) if (++slot === room) slot = 0;
    return slot;
  }

  #grow(): void {
    const [keys, places] = [this.#keys, this.#places];
    this.#keys = new Float64Array(2 * keys.length);
    this.#places = new Float64Array(2 * keys.length);
    for (let i = 0; i < keys.length; i++) {
      if (places[i] === 0) continue;
      const slot = this.#slotOf(keys[i]);
      this.#keys[slot] = keys[i];
      this.#places[slot] = places[i];
    }
  }
}

/** The first 53 bits of a fingerprint. */
function numberOf(key: Uint32Array): number {
  return key[0] * 2 ** 21 + (key[1] >>> 11);
}
