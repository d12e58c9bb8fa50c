/**
 * The dynamic table of HPACK (RFC 7541 §2.3.2). We announce a size of 0, and servers that heed it never fill this; but h2o 2.2
 * doesn't, and uses the 4,096 bytes that hold before anything is announced.
 *
 * @module
 */

/** Bytes that the table may have until the server confirms that it has none (RFC 9113 §6.5.2). */
const INITIAL_TABLE_BYTES = 4_096;

/** Bytes that each entry counts besides its name and value (RFC 7541 §4.1). */
const ENTRY_OVERHEAD = 32;

/** A header. */
export type Entry = readonly [name: string, value: string];

/** Headers that later blocks refer to by their index. */
export class DynamicTable {
  /** How often it was written to or read from: a block that does neither means the same whenever it comes. */
  uses = 0;
  /** The latest first. */
  readonly #entries: Entry[] = [];
  #bytes = 0;
  #maxBytes: number;

  /**
   * Makes an empty one.
   *
   * @param maxBytes Bytes that it may have. Default: `INITIAL_TABLE_BYTES`.
   */
  constructor(maxBytes: number = INITIAL_TABLE_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** Whether it may have entries. */
  get isOn(): boolean {
    return this.#maxBytes > 0;
  }

  /** Adds an entry, for which the oldest ones have to go (RFC 7541 §4.4). */
  add(name: string, value: string): void {
    if (!this.isOn) return;
    this.uses++;
    const bytes = name.length + value.length + ENTRY_OVERHEAD;
    this.#evict(this.#maxBytes - bytes);
    if (bytes > this.#maxBytes) return;
    this.#entries.unshift([name, value]);
    this.#bytes += bytes;
  }

  /**
   * Looks up an entry.
   *
   * @param index Its index, 0 for the latest one.
   * @returns Undefined if there is none.
   */
  at(index: number): Entry | undefined {
    this.uses++;
    return this.#entries[index];
  }

  /** Empties it for good: the server has confirmed a size of 0. */
  close(): void {
    this.#maxBytes = 0;
    this.#evict(0);
  }

  #evict(left: number): void {
    while (this.#bytes > left) {
      const oldest = this.#entries.pop();
      if (oldest === undefined) return;
      this.#bytes -= oldest[0].length + oldest[1].length + ENTRY_OVERHEAD;
    }
  }
}
