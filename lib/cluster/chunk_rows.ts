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
export interface Block {
  /** The memory. */
  readonly bytes: Uint8Array;
  /** How much of it is used. */
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

/** A text that is added to, as bytes in blocks. */
class BlockText {
  readonly #pool: BlockPool;
  #blocks: Block[] = [];

  constructor(pool: BlockPool) {
    this.#pool = pool;
  }

  add(text: string): void {
    let rest = text;
    let block = this.#blocks.at(-1) ?? this.#append();
    while (true) {
      const { read, written } = encoder.encodeInto(rest, block.bytes.subarray(block.used));
      block.used += written;
      if (read === rest.length) return;
      rest = rest.slice(read); // a character isn't cut: it goes into the next block as a whole
      block = this.#append();
    }
  }

  *take(): Generator<Uint8Array, void> {
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

/** Numbers and JSON of downloads. */
export class ChunkRows {
  readonly #ids: BlockText;
  readonly #rows: BlockText;
  #count = 0;
  #lastId = 0;

  /**
   * Makes rows that there are none of.
   *
   * @param pool Where blocks come from.
   */
  constructor(pool: BlockPool) {
    this.#ids = new BlockText(pool);
    this.#rows = new BlockText(pool);
  }

  /** How many there are. */
  get count(): number {
    return this.#count;
  }

  /**
   * Adds a download.
   *
   * @param id Its number. They go as differences: those of neighbours are small and much alike.
   * @param row Its JSON.
   */
  add(id: number, row: string): void {
    const difference = id - this.#lastId;
    const isFirst = this.#count === 0;
    this.#ids.add(isFirst ? `${difference}` : `,${difference}`);
    this.#rows.add(isFirst ? row : `,${row}`);
    this.#lastId = id;
    this.#count++;
  }

  /**
   * Takes all of them out, as the members `ids` and `rows` of an object's JSON.
   *
   * @yields Pieces: each holds until the next one is asked for.
   */
  *take(): Generator<Uint8Array, void> {
    this.#count = 0;
    this.#lastId = 0;
    yield IDS;
    yield* this.#ids.take();
    yield ROWS;
    yield* this.#rows.take();
    yield END;
  }
}

const IDS = encoder.encode('"ids":[');
const ROWS = encoder.encode('],"rows":[');
const END = encoder.encode("]");
