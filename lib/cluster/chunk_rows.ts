/**
 * The downloads of a chunk while it is being filled, as the JSON that goes into it: as objects, those of 256 partitions took
 * 200 MB.
 *
 * The bytes lie in blocks that are used again and again, so that filling chunks leaves nothing behind for V8 to collect.
 *
 * @module
 */

/** Bytes of a block: half of one is unused in each partition, on average. */
const BLOCK_BYTES = 4_096;

const encoder = new TextEncoder();

/** A piece of a chunk's JSON. */
interface Block {
  readonly bytes: Uint8Array;
  used: number;
}

/** Blocks that are used by nobody now. */
export class BlockPool {
  readonly #free: Block[] = [];

  /** An empty block. */
  take(): Block {
    const block = this.#free.pop();
    if (block === undefined) return { bytes: new Uint8Array(BLOCK_BYTES), used: 0 };
    block.used = 0;
    return block;
  }

  /** Takes blocks back. */
  give(blocks: readonly Block[]): void {
    for (const block of blocks) this.#free.push(block);
  }
}

/** Numbers and JSON of downloads. */
export class ChunkRows {
  readonly #pool: BlockPool;
  #blocks: Block[] = [];
  #ids: number[] = [];

  /**
   * Makes rows that there are none of.
   *
   * @param pool Where blocks come from.
   */
  constructor(pool: BlockPool) {
    this.#pool = pool;
  }

  /** How many there are. */
  get count(): number {
    return this.#ids.length;
  }

  /**
   * Adds a download.
   *
   * @param id Its number.
   * @param row Its JSON.
   */
  add(id: number, row: string): void {
    let rest = this.#ids.length === 0 ? row : `,${row}`;
    this.#ids.push(id);
    let block = this.#blocks.at(-1) ?? this.#append();
    while (true) {
      const { read, written } = encoder.encodeInto(rest, block.bytes.subarray(block.used));
      block.used += written;
      if (read === rest.length) return;
      rest = rest.slice(read); // a character isn't cut: it goes into the next block as a whole
      block = this.#append();
    }
  }

  /** Takes the numbers of all of them out. {@linkcode takeRows} has to follow. */
  takeIds(): number[] {
    const ids = this.#ids;
    this.#ids = [];
    return ids;
  }

  /** Takes the JSON of all of them out, with commas between, in pieces: each holds until the next one is asked for. */
  *takeRows(): Generator<Uint8Array, void> {
    const blocks = this.#blocks;
    this.#blocks = [];
    for (const { bytes, used } of blocks) yield bytes.subarray(0, used);
    this.#pool.give(blocks);
  }

  #append(): Block {
    const block = this.#pool.take();
    this.#blocks.push(block);
    return block;
  }
}
