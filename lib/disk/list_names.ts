/**
 * The names that the files of a list get in a folder that has nothing: what a run that machines share publishes, so that all
 * of them save as one machine would.
 *
 * @module
 */

import type { Download } from "../core/download.ts";
import { nameFromList, nameFromUrl } from "./file_name.ts";
import { FileNames, type TakenName } from "./final_names.ts";
import { downloadKey } from "./output_folder.ts";
import { UrlTable } from "./url_table.ts";

/** Gives out the names of a list's files, in its order. */
export class ListNames {
  readonly #table = new UrlTable();
  readonly #names = new FileNames("");

  /**
   * Chooses the file of the list's next download.
   *
   * @param download The download.
   * @returns The file; `duplicate` if the list has named the download before.
   */
  next(download: Download): TakenName | "duplicate" {
    const key = downloadKey(download);
    if (this.#table.mark(key, 1) !== 0) return "duplicate";
    const plain = download.name === undefined ? nameFromUrl(download.url) : nameFromList(download.name);
    return this.#names.take(plain, key);
  }
}
