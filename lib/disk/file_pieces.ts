/**
 * A file, piece by piece, while others have their turn.
 *
 * @module
 */

/** Bytes of a piece at most. */
const PIECE = 2 ** 20;

/** Reads a file of a known length. */
export class FilePieces implements AsyncIterable<Uint8Array> {
  readonly #path: string;
  readonly #size: number;

  /**
   * Opens nothing yet.
   *
   * @param path The file.
   * @param size The bytes that it must have.
   */
  constructor(path: string, size: number) {
    this.#path = path;
    this.#size = size;
  }

  /**
   * Reads it from its beginning.
   *
   * @yields Pieces of it, in memory that is used again for the next.
   * @throws {Error} If it has another length.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    using file = await Deno.open(this.#path);
    const buffer = new Uint8Array(Math.min(PIECE, Math.max(1, this.#size)));
    let left = this.#size;
    for (let read; (read = await file.read(buffer)) !== null;) {
      left -= read;
      if (left < 0) break;
      yield buffer.subarray(0, read);
    }
    if (left !== 0) throw new Error(`${this.#path} hasn't the ${this.#size} bytes that were written to it`);
  }
}
