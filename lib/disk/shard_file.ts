/**
 * A shard that is being written: what is added is there as a whole, or not at all.
 *
 * @module
 */

import type { SharedShards } from "../core/shards.ts";
import { CannotWriteError } from "../core/errors.ts";
import { writeAllSync } from "./body_writer.ts";
import { infoOf, trailerOf } from "./finish_shard.ts";
import { shardName, UNFINISHED } from "./shard_names.ts";
import { STATE_FOLDER } from "./state_folder.ts";

/** A shard that is being written. */
export class ShardFile implements Disposable {
  /** Its name, once it is whole. */
  readonly name: string;
  /** Why nothing more may be added: what is at its end isn't known. Undefined as long as it is. */
  failure: CannotWriteError | undefined;
  readonly #file: Deno.FsFile;
  #size: number;
  /** Bytes before its first body. */
  #begins = 0;

  private constructor(name: string, file: Deno.FsFile) {
    this.name = name;
    this.#file = file;
    this.#size = file.seekSync(0, Deno.SeekMode.End);
  }

  /**
   * Goes on with a shard that an earlier run has begun, or else begins one.
   *
   * @param folder The output folder.
   * @param shards What shards are to be, and their numbers.
   * @param header Makes what a shard of a name begins with.
   * @throws {Error} If it can't be opened or written.
   */
  static begin(folder: string, shards: SharedShards, header: (name: string) => Uint8Array): ShardFile {
    const { format, unfinished, next, taken } = shards;
    while (true) {
      const nth = Atomics.add(taken, 0, 1);
      const isNew = nth >= unfinished.length;
      const name = shardName(isNew ? next + nth - unfinished.length : unfinished[nth], format);
      if (infoOf(`${folder}/${name}`)) continue; // somebody else's
      const path = `${folder}/${STATE_FOLDER}/${name}${UNFINISHED}`;
      const shard = new ShardFile(name, Deno.openSync(path, { write: true, createNew: isNew }));
      if (shard.#size === 0) shard.#begin(header(name));
      return shard;
    }
  }

  /** Bytes that it has; 0 while it has no body. */
  get end(): number {
    return this.#size > this.#begins ? this.#size : 0;
  }

  /**
   * Whether more doesn't fit. What is larger than a shard may be gets one to itself.
   *
   * @param more Bytes that are to be added.
   * @param shards What it may be.
   */
  isFull(more: number, { bytes, format }: SharedShards): boolean {
    return this.end > 0 && this.#size + more + trailerOf(format).length > bytes;
  }

  /** Adds bytes, all of them or none. */
  add(bytes: Uint8Array): void {
    try {
      writeAllSync(this.#file, bytes);
    } catch (cause) {
      this.#cutOff(cause);
      throw cause;
    }
    this.#size += bytes.length;
  }

  /** The same for what comes in pieces. Nothing else may be added meanwhile. */
  async addPieces(pieces: AsyncIterable<Uint8Array>): Promise<void> {
    let size = this.#size;
    try {
      for await (const piece of pieces) {
        writeAllSync(this.#file, piece);
        size += piece.length;
      }
    } catch (cause) {
      this.#cutOff(cause);
      throw cause;
    }
    this.#size = size;
  }

  #begin(header: Uint8Array): void {
    try {
      this.add(header);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
    this.#begins = this.#size;
  }

  /** Closes it. It stays as it is. */
  [Symbol.dispose](): void {
    this.#file.close();
  }

  /** Cuts off what isn't whole. If that can't be done, the next run does it, and this one adds nothing more. */
  #cutOff(cause: unknown): void {
    try {
      this.#file.truncateSync(this.#size);
      this.#file.seekSync(this.#size, Deno.SeekMode.Start);
    } catch {
      this.failure = new CannotWriteError(`cannot write to the shard ${this.name}`, { cause });
    }
  }
}
