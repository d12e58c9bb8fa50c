/**
 * Where whole bodies go, if they don't become files of their own: what a `Saver` hands them to once they have been
 * read, and found to be as long as they must be and of the right digests.
 *
 * @module
 */

import type { FileNames } from "./final_names.ts";
import type { Gathered } from "./gather.ts";
import type { JournalWriter } from "./journal.ts";
import type { Saved, SaveTarget } from "./save.ts";

/** Where whole and right bodies go, if they don't become files of their own. */
export interface Store extends Disposable {
  /**
   * Adds a body that is in memory.
   *
   * @param body The body, which may change once this has returned.
   * @param target Where it is to go, and where it is from.
   * @param sha256 Its SHA-256, if it was computed.
   * @returns Where it went; it is whole there, and known to the next run.
   */
  addBytes(body: Uint8Array, target: SaveTarget, sha256: string | undefined): Promise<Saved>;
  /** The same for one of `size` bytes that is in a temporary file, which stays there. */
  addFile(path: string, size: number, target: SaveTarget, sha256: string | undefined): Promise<Saved>;
  /** Reads a body that comes in pieces as far as is better than a temporary file. */
  gather(body: AsyncIterable<Uint8Array>): Promise<Gathered>;
  /** Ends what can be ended once nothing more is added. */
  finish(): Promise<void>;
}

/** What a {@linkcode Store} is made with. */
export interface StoreParts {
  /** The output folder. */
  folder: string;
  /** Gets a record of each body. */
  journal: JournalWriter;
  /** The names that are taken. */
  names: FileNames;
}
