/**
 * Which file names are taken, for any number of names in 17 MB at most, and shared by all workers.
 *
 * Two Bloom filters: a small one that serves usual lists, and a large one that is touched (and so costs memory) only
 * after 100,000 names. A name is never taken for free when it isn't. The other mistake, a free name that is taken for
 * claimed, costs no more than a longer name; of ten million names some four thousand meet it.
 *
 * @module
 */

import type { SharedNames } from "../core/settings.ts";
import { fingerprint, FINGERPRINT_WORDS } from "./fingerprint.ts";

/** Bits of the small filter: 42 for each of the names it serves, 1 mistake in 200,000 when it is full. 512 KB. */
const SMALL_BITS = 2 ** 22;

/** Names after which the large filter serves. */
const SMALL_NAMES = 100_000;

/** Bits of the large filter: 13 for each of ten million names, 1 mistake in 450 when they are all there. 16 MB. */
const LARGE_BITS = 2 ** 27;

/** Bits a name sets. */
const BITS = 6;

/**
 * A name as it is compared: names that differ only in case, or in how their characters are composed, are one, because many
 * file systems say so.
 *
 * @param name A safe name or path.
 * @returns A text that is the same for all that any file system may take for the same.
 */
export function foldName(name: string): string {
  if (/^[\0-\x7f]*$/.test(name)) return name.toLowerCase();
  // To upper case first, because that makes one of more letters that are one when case doesn't count: s and ſ, σ and ς
  return name.normalize("NFC").toUpperCase().toLowerCase().normalize("NFC");
}

/** The names taken in a folder; see {@linkcode foldName} for which are one. */
export class ClaimedNames {
  /** What another worker can make its `ClaimedNames` from. */
  readonly shared: SharedNames;
  readonly #words = new Uint32Array(FINGERPRINT_WORDS);

  /**
   * Makes the names of a folder, or shares in another worker's.
   *
   * @param shared The names to share in. Default: new ones, none taken.
   */
  constructor(shared?: SharedNames) {
    this.shared = shared ?? {
      state: new Int32Array(new SharedArrayBuffer(16)),
      small: new Uint32Array(new SharedArrayBuffer(SMALL_BITS / 8)),
      large: new Uint32Array(new SharedArrayBuffer(LARGE_BITS / 8)),
    };
  }

  /** Whether the folder has files that may be no run's. */
  get hasStrangers(): boolean {
    return this.shared.state[3] === 1;
  }

  set hasStrangers(has: boolean) {
    this.shared.state[3] = has ? 1 : 0;
  }

  /**
   * Takes a name.
   *
   * @param name A safe name or path.
   * @returns Whether it was free: no file's, no folder's, and in no folder whose name is a file's. It is taken from now on in
   * any case.
   */
  claim(name: string): boolean {
    const folded = foldName(name);
    this.#lock();
    try {
      if (folded.includes("/")) return this.#claimInFolder(folded);
      if (this.shared.state[2] > 0 && this.#has(`${folded}/`)) return false;
      fingerprint(folded, this.#words);
      return this.#add(this.#words[0], this.#words[1]);
    } finally {
      Atomics.store(this.shared.state, 0, 0);
    }
  }

  /** {@linkcode claim} by the first two words of the fingerprint of the folded name, as a journal keeps it. */
  claimFingerprint(first: number, second: number): boolean {
    this.#lock();
    try {
      return this.#add(first, second);
    } finally {
      Atomics.store(this.shared.state, 0, 0);
    }
  }

  #claimInFolder(path: string): boolean {
    const folders = [...path.matchAll(/\//g)].map(({ index }) => path.slice(0, index));
    if (folders.some((folder) => this.#has(folder)) || this.#has(`${path}/`)) return false;
    for (const folder of folders) {
      fingerprint(`${folder}/`, this.#words);
      if (this.#add(this.#words[0], this.#words[1])) this.shared.state[2]++;
    }
    fingerprint(path, this.#words);
    return this.#add(this.#words[0], this.#words[1]);
  }

  #has(folded: string): boolean {
    fingerprint(folded, this.#words);
    return this.#hasFingerprint(this.#words[0], this.#words[1]);
  }

  #hasFingerprint(first: number, second: number): boolean {
    const { state, small, large } = this.shared;
    // Names claimed before the large filter began are in the small one alone.
    return has(small, SMALL_BITS, first, second) ||
      (state[1] >= SMALL_NAMES && has(large, LARGE_BITS, first, second));
  }

  #add(first: number, second: number): boolean {
    const { state, small, large } = this.shared;
    if (this.#hasFingerprint(first, second)) return false;
    if (state[1] >= SMALL_NAMES) add(large, LARGE_BITS, first, second);
    else {
      add(small, SMALL_BITS, first, second);
      state[1]++;
    }
    return true;
  }

  /** Held for less than a microsecond, so whoever finds it taken sleeps one millisecond: its holder was put to sleep. */
  #lock(): void {
    while (Atomics.compareExchange(this.shared.state, 0, 0, 1) !== 0) Atomics.wait(this.shared.state, 0, 1, 1);
  }
}

function has(filter: Uint32Array, bits: number, first: number, second: number): boolean {
  for (let i = 0; i < BITS; i++) {
    const bit = (first + Math.imul(i, second | 1)) & (bits - 1);
    if ((filter[bit >>> 5] & (1 << (bit & 31))) === 0) return false;
  }
  return true;
}

function add(filter: Uint32Array, bits: number, first: number, second: number): void {
  for (let i = 0; i < BITS; i++) {
    const bit = (first + Math.imul(i, second | 1)) & (bits - 1);
    filter[bit >>> 5] |= 1 << (bit & 31);
  }
}
