/**
 * The one door that every final name of a file comes through: it is claimed here, among all names of this run, of earlier
 * runs and of all workers, and looked for on disk where others may have files.
 *
 * @module
 */

import type { Naming } from "../core/download.ts";
import { ClaimedNames } from "./claimed_names.ts";
import { distinctName, furtherName } from "./file_name.ts";

/** A name that nothing else has. */
export interface TakenName {
  /** The file, a path within the folder. */
  file: string;
  /** How it got its name. */
  naming: Naming;
}

/** Gives out the names of the files of a folder. */
export class FileNames {
  /** The names that are taken; what is `shared` of it goes to the workers. */
  readonly claimed: ClaimedNames;
  readonly #folder: string;

  /**
   * Looks at nothing yet.
   *
   * @param folder The folder.
   * @param claimed The names that are taken in it. Default: none.
   */
  constructor(folder: string, claimed: ClaimedNames = new ClaimedNames()) {
    this.#folder = folder;
    this.claimed = claimed;
  }

  /**
   * Takes a name, or the next that is free.
   *
   * @param name The safe name or path that is wanted.
   * @param key What the file is of; the endings of other names depend on it alone.
   * @returns A name that nothing has.
   */
  take(name: string, key: string): TakenName {
    if (this.isFree(name)) return { file: name, naming: "plain" };
    const file = distinctName(name, key);
    return this.isFree(file) ? { file, naming: "distinct" } : this.another(name, key);
  }

  /**
   * Takes a name in place of one that can't be had after all.
   *
   * @param name The name or path that was wanted, with an ending or without.
   * @param key What the file is of.
   * @returns A name that nothing has.
   */
  another(name: string, key: string): TakenName {
    for (let nth = 2;; nth++) {
      const file = furtherName(name, key, nth);
      if (this.isFree(file)) return { file, naming: "stored" };
    }
  }

  /** Claims a name, and says whether it could be had. It is taken from now on in any case. */
  isFree(name: string): boolean {
    return this.claimed.claim(name) && !(this.claimed.hasStrangers && this.#isThere(name));
  }

  #isThere(file: string): boolean {
    try {
      Deno.lstatSync(`${this.#folder}/${file}`);
      return true;
    } catch (error) {
      // What is wrong with the folder itself is reported when something is saved to it
      return TAKEN.has((error as Error & { code?: string }).code ?? "");
    }
  }
}

/** A file is where the name's folder would be. */
const TAKEN = new Set(["ENOTDIR", "ELOOP"]);
