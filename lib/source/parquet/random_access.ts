/**
 * Bytes of a file, from wherever they are asked for.
 *
 * @module
 */

import { ParquetError } from "./parquet_error.ts";

/** A file that can be read from anywhere. */
export class RandomAccess implements Disposable {
  readonly #file: Deno.FsFile;

  private constructor(file: Deno.FsFile, readonly size: number) {
    this.#file = file;
  }

  /**
   * Opens a file.
   *
   * @param path Where it is.
   * @throws {Error} If it can't be read, or can't be read from anywhere, as a pipe can't.
   */
  static async open(path: string): Promise<RandomAccess> {
    const file = await Deno.open(path);
    try {
      const { isFile, isDirectory, size } = await file.stat();
      if (!isFile) {
        throw new ParquetError(isDirectory ? "it is a directory" : "it is no file: read it from there to one");
      }
      return new RandomAccess(file, size);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /**
   * Reads a part of it. Not to be called again before it has read that.
   *
   * @param from Where it begins.
   * @param length Bytes.
   * @throws {ParquetError} If there are fewer: the file has changed.
   */
  async read(from: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(length);
    await this.#file.seek(from, Deno.SeekMode.Start);
    for (let at = 0; at < length;) {
      const read = await this.#file.read(bytes.subarray(at));
      if (read === null) throw new ParquetError("it ends too early");
      at += read;
    }
    return bytes;
  }

  /** Closes it. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}
