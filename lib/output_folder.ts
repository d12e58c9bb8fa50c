/**
 * The folder that downloads are saved in: what it has, what each new file is called, and that no other run is at it.
 *
 * Everything that is not yet whole, and the journal, is in its `.download-stuff/`; so everything else in it is whole.
 *
 * Names are given out in the order of the list, before anything is fetched: the first URL of a name gets the plain one,
 * every later one a name with an ending that depends on its URL alone. So the same list gives the same names whatever
 * order its downloads end in, and a URL that the journal knows keeps its name in any other list. A file that was in the
 * folder before and that the journal doesn't know is never written over.
 *
 * @module
 */

import { CannotWriteError } from "./cannot_write_error.ts";
import { ClaimedNames } from "./claimed_names.ts";
import type { Download } from "./download.ts";
import { distinctName, nameFromList, nameFromUrl } from "./file_name.ts";
import { journalRoom, type Naming, readJournal } from "./journal.ts";
import { UrlTable } from "./url_table.ts";

/** The folder within the output folder for everything that isn't whole. */
export const STATE_FOLDER = ".download-stuff";

/** What an {@linkcode OutputFolder} has to say of a download. */
export type Entry =
  /** It was asked for before in this run. */
  | { state: "duplicate" }
  /** Its file is there. The file is not known when the server named it. */
  | { state: "done"; file?: string; bytes?: number }
  /** It is to be fetched and saved as this file, unless the server names it otherwise. */
  | { state: "new"; file: string; naming: Naming };

// The bits of a URL in the table: two for what it is, two for how its file is named, twelve for the size of its file.
const SEEN = 1;
const DONE = 2;
const DISTINCT = 4;
const SERVER = 8;
const SIZE_SHIFT = 4;

/** The largest prime of twelve bits: a size is remembered modulo this, so 1 wrong size in 4,093 would pass. */
const SIZES = 4_093;

/**
 * What makes two downloads the same: the URL without its fragment, which isn't sent, and the name if the list gives one,
 * because whoever gives two names wants two files.
 */
export function downloadKey({ url, name }: Download): string {
  const hash = url.indexOf("#");
  const sent = hash < 0 ? url : url.slice(0, hash);
  return name === undefined ? sent : `${sent}\n${name}`;
}

/** An output folder that is open for this run alone. */
export class OutputFolder implements Disposable {
  /** The names that are taken; its `shared` goes to the workers. */
  readonly names = new ClaimedNames();
  readonly #path: string;
  readonly #lock: Deno.FsFile | undefined;
  readonly #table: UrlTable;
  readonly #hasStrangers: boolean;

  /**
   * Opens a folder: creates it if it isn't there, locks it, reads its journal, and clears away what a killed run left.
   *
   * @param path The folder.
   * @param options `readOnly`: only look at it, and create, lock and clear away nothing. Default: false.
   * @throws {CannotWriteError} If it can't be created or written, or another run has it open.
   */
  constructor(path: string, { readOnly = false }: { readOnly?: boolean } = {}) {
    this.#path = path;
    const state = `${path}/${STATE_FOLDER}`;
    if (!readOnly) this.#lock = lock(path);
    try {
      if (!readOnly) {
        for (const { name } of Deno.readDirSync(state)) if (name.endsWith(".tmp")) Deno.removeSync(`${state}/${name}`);
      }
      this.#hasStrangers = hasStrangers(path);
      const journal = `${state}/journal`;
      this.#table = new UrlTable(journalRoom(journal));
      this.#readJournal(journal);
    } catch (cause) {
      this.#lock?.close();
      throw new CannotWriteError(`cannot use the folder ${path}`, { cause });
    }
  }

  /**
   * Enters a download, in the order of the list: whether it is to be fetched, and the name of its file.
   *
   * @param download The download.
   * @returns What is to be done with it.
   */
  enter(download: Download): Entry {
    const key = downloadKey(download);
    const bits = this.#table.mark(key, SEEN);
    if (bits & SEEN) return { state: "duplicate" };
    if (bits & SERVER) return { state: "done" };

    const plain = download.name === undefined ? nameFromUrl(download.url) : nameFromList(download.name);
    if (bits & DONE) {
      const naming = bits & DISTINCT ? "distinct" : "plain";
      const file = bits & DISTINCT ? distinctName(plain, key) : plain;
      const bytes = this.#sizeOf(file);
      if (bytes !== undefined && bytes % SIZES === bits >>> SIZE_SHIFT) return { state: "done", file, bytes };
      return { state: "new", file, naming };
    }
    if (this.names.claim(plain) && !(this.#hasStrangers && this.#exists(plain))) {
      return { state: "new", file: plain, naming: "plain" };
    }
    return { state: "new", file: distinctName(plain, key), naming: "distinct" };
  }

  /** Lets others use the folder. */
  [Symbol.dispose](): void {
    this.#lock?.close();
  }

  #readJournal(path: string): void {
    readJournal(path, ({ key, size, naming, serverName, name }) => {
      let bits = DONE | (size % SIZES) << SIZE_SHIFT;
      if (naming === "distinct") bits |= DISTINCT;
      if (naming === "server") {
        // Looked for now, because the name would take too much memory to be looked for later.
        if (this.#sizeOf(serverName) !== size) return;
        bits |= SERVER;
      }
      if (naming !== "distinct") this.names.claimFingerprint(name[0], name[1]);
      this.#table.put(key, bits);
    });
  }

  #sizeOf(file: string): number | undefined {
    try {
      const { isFile, size } = Deno.lstatSync(`${this.#path}/${file}`);
      return isFile ? size : undefined;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
      throw error;
    }
  }

  #exists(file: string): boolean {
    try {
      Deno.lstatSync(`${this.#path}/${file}`);
      return true;
    } catch (error) {
      return !(error instanceof Deno.errors.NotFound);
    }
  }
}

/** Creates a folder if it isn't there, and locks it by the operating system: that ends with the process, also by kill -9. */
function lock(path: string): Deno.FsFile {
  let file: Deno.FsFile;
  try {
    Deno.mkdirSync(`${path}/${STATE_FOLDER}`, { recursive: true });
    file = Deno.openSync(`${path}/${STATE_FOLDER}/lock`, { read: true, write: true, create: true });
  } catch (cause) {
    throw new CannotWriteError(`cannot write to the folder ${path}`, { cause });
  }
  if (file.tryLockSync(true)) return file;
  file.close();
  throw new CannotWriteError(`another run is saving to ${path}; wait for it, or use another folder`);
}

/** Whether a folder has files that may be no run's. */
function hasStrangers(path: string): boolean {
  try {
    return Deno.readDirSync(path).some(({ name }) => name !== STATE_FOLDER);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false; // a folder that is only looked at
    throw error;
  }
}
