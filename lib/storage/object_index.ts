/**
 * The objects that a bucket has, by their names, in 16 bytes each and some air.
 *
 * @module
 */

import { fingerprint, FINGERPRINT_WORDS } from "../disk/fingerprint.ts";

/** Slots at first, and how full they get before there are twice as many. */
const [FIRST_ROOM, FULL] = [1_024, 0.7];

/** The sizes of objects. Of a name, 53 bits of its fingerprint are kept: two of ten million share them 1 time in 180. */
export class ObjectIndex {
  readonly #words = new Uint32Array(FINGERPRINT_WORDS);
  #count = 0;
  #keys = new Float64Array(FIRST_ROOM);
  /** Sizes plus 1; 0 is a free slot. */
  #sizes = new Float64Array(FIRST_ROOM);

  /** How many objects there are. */
  get count(): number {
    return this.#count;
  }

  /**
   * Notes an object.
   *
   * @param name Its name.
   * @param size Its bytes.
   */
  add(name: string, size: number): void {
    if (this.#count >= FULL * this.#keys.length) this.#grow();
    const key = this.#keyOf(name);
    const slot = this.#slotOf(key);
    if (this.#sizes[slot] === 0) this.#count++;
    this.#keys[slot] = key;
    this.#sizes[slot] = size + 1;
  }

  /** Bytes of an object; undefined if there is none of this name. */
  sizeOf(name: string): number | undefined {
    const size = this.#sizes[this.#slotOf(this.#keyOf(name))];
    return size === 0 ? undefined : size - 1;
  }

  #keyOf(name: string): number {
    fingerprint(name, this.#words);
    return this.#words[0] * 2 ** 21 + (this.#words[1] >>> 11);
  }

  #slotOf(key: number): number {
    const room = this.#keys.length;
    let slot = key % room;
    while (this.#sizes[slot] !== 0 && this.#keys[slot] !== key) if (++slot === room) slot = 0;
    return slot;
  }

  #grow(): void {
    const [keys, sizes] = [this.#keys, this.#sizes];
    this.#keys = new Float64Array(2 * keys.length);
    this.#sizes = new Float64Array(2 * keys.length);
    for (let i = 0; i < keys.length; i++) {
      if (sizes[i] === 0) continue;
      const slot = this.#slotOf(keys[i]);
      this.#keys[slot] = keys[i];
      this.#sizes[slot] = sizes[i];
    }
  }
}
