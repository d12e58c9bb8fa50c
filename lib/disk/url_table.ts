/**
 * What is known about each URL, in about 12 bytes: whether it was seen in this run, whether an earlier run has it.
 *
 * The URLs themselves aren't kept, only 72 bits of their fingerprints. Two URLs that share them would be taken for one
 * and the second never requested. The probability that this happens anywhere in a list of n URLs is n² / 2^73: 1 in 94
 * million for ten million URLs, 1 in 9 million million for 32,000. (With 64 bits it would be 1 in 370,000 for ten
 * million: someone would meet it.)
 *
 * @module
 */

import { fingerprint, FINGERPRINT_WORDS } from "./fingerprint.ts";

/** The parts of a table; 8 bits of a fingerprint say which part it is in and so needn't be stored. */
const PARTS = 256;

/** Entries a part has room for at first: 256 parts of 64 hold a usual list of 10,000 URLs without growing. */
const FIRST_ROOM = 64;

/** A part grows when it is this full. Fuller saves memory, but a search then looks at more than about 80 neighbours. */
const FULL = 0.92;

/** How much a part grows by: little air for some more copying. One part at a time, so never the whole table twice. */
const GROWTH = 1.06;

/** From this room on, a part is put where it can grow. */
const ROOMY = 1_024;

/** The room a part can grow to, address space that is reserved and not used before: together a thousand million URLs. */
const MOST_ROOM = 2 ** 22;

interface Part {
  count: number;
  /** Two words of a fingerprint for each slot. */
  words: Uint32Array;
  /** What is known; 0 marks a free slot. */
  bits: Uint16Array;
}

/** A map from texts, usually URLs, to 16 bits that are not all zero. Nothing is ever removed. */
export class UrlTable {
  readonly #parts: (Part | undefined)[] = new Array(PARTS).fill(undefined);
  readonly #words = new Uint32Array(FINGERPRINT_WORDS);
  readonly #firstRoom: number;
  #size = 0;

  /**
   * Makes an empty table.
   *
   * @param expected About how many texts there will be, if that is known: with room for them, there is less to copy. It
   * grows all the same. Default: 0.
   */
  constructor(expected = 0) {
    // Four standard deviations more than the mean, so that few parts need to grow after all.
    const mean = expected / PARTS;
    this.#firstRoom = Math.max(FIRST_ROOM, Math.ceil((mean + 4 * Math.sqrt(mean)) / FULL));
  }

  /** How many texts are known. */
  get size(): number {
    return this.#size;
  }

  /**
   * Looks a text up.
   *
   * @returns Its bits, or 0 if it isn't known.
   */
  get(text: string): number {
    fingerprint(text, this.#words);
    const part = this.#parts[this.#words[0] >>> 24];
    return part === undefined ? 0 : part.bits[find(part, this.#words[1], this.#words[2])];
  }

  /**
   * Sets bits of a text, in one go with looking it up; others stay as they are.
   *
   * @param text The text.
   * @param bits The bits to set, from 1 to 65,535.
   * @returns What its bits were before: 0 if it wasn't known.
   */
  mark(text: string, bits: number): number {
    fingerprint(text, this.#words);
    return this.put(this.#words, bits, 0xffff);
  }

  /**
   * Sets bits by fingerprint, for what reads fingerprints from a file.
   *
   * @param words The fingerprint.
   * @param bits The bits to set; not 0 for a text that isn't known yet.
   * @param keep A mask of the former bits to keep. Default: none.
   * @returns What the bits were before: 0 if it wasn't known.
   */
  put(words: Uint32Array, bits: number, keep = 0): number {
    const number = words[0] >>> 24;
    let part = this.#parts[number] ??= emptyPart(this.#firstRoom);
    let slot = find(part, words[1], words[2]);
    const before = part.bits[slot];
    if (before === 0) {
      if (part.count >= part.bits.length * FULL) {
        part = this.#parts[number] = grown(part);
        slot = find(part, words[1], words[2]);
      }
      part.words[2 * slot] = words[1];
      part.words[2 * slot + 1] = words[2];
      part.count++;
      this.#size++;
    }
    part.bits[slot] = (before & keep) | bits;
    return before;
  }
}

/**
 * A part with nothing in it. A large one is put where it can grow, in a larger reserved space: parts that were copied to
 * ever larger places would leave holes behind that fit none of the next ones, 50 MB of them at ten million URLs.
 * Reserving costs about 10 us a part, too much for a small list.
 */
function emptyPart(room: number): Part {
  const reserve = (bytes: number) => room < ROOMY ? {} : { maxByteLength: bytes * MOST_ROOM };
  return {
    count: 0,
    words: new Uint32Array(new ArrayBuffer(8 * room, reserve(8))),
    bits: new Uint16Array(new ArrayBuffer(2 * room, reserve(2))),
  };
}

/** The slot of a fingerprint: where it is, or the free one where it belongs. */
function find(part: Part, first: number, second: number): number {
  const { words, bits } = part;
  const room = bits.length;
  let slot = Math.floor(first / 2 ** 32 * room);
  while (bits[slot] !== 0 && (words[2 * slot] !== first || words[2 * slot + 1] !== second)) {
    if (++slot === room) slot = 0;
  }
  return slot;
}

function grown(old: Part): Part {
  const room = Math.ceil(old.bits.length * GROWTH);
  const words = old.words.slice();
  const bits = old.bits.slice();
  let part = old;
  if (!(old.bits.buffer as ArrayBuffer).resizable) part = emptyPart(room);
  else {
    old.words.fill(0);
    old.bits.fill(0);
    (old.words.buffer as ArrayBuffer).resize(8 * room);
    (old.bits.buffer as ArrayBuffer).resize(2 * room);
  }
  for (let i = 0; i < bits.length; i++) {
    if (bits[i] === 0) continue;
    const slot = find(part, words[2 * i], words[2 * i + 1]);
    part.words[2 * slot] = words[2 * i];
    part.words[2 * slot + 1] = words[2 * i + 1];
    part.bits[slot] = bits[i];
  }
  part.count = old.count;
  // Detached memory is free at once; the garbage collector would let megabytes of it gather.
  words.buffer.transfer(0);
  bits.buffer.transfer(0);
  return part;
}
