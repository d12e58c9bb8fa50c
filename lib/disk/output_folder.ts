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

import { CannotWriteError } from "../core/errors.ts";
import type { ClaimedNames } from "./claimed_names.ts";
import type { Download, FileVersion, Naming } from "../core/download.ts";
import type { Contents } from "./destination.ts";
import { distinctName, nameFromList, nameFromUrl } from "./file_name.ts";
import { FileNames, type TakenName } from "./final_names.ts";
import { journalRoom, readJournal } from "./journal.ts";
import { readVersion } from "./file_version.ts";
import { RecordIndex } from "./record_index.ts";
import { lock, lookAt, STATE_FOLDER } from "./state_folder.ts";
import { UrlTable } from "./url_table.ts";

/** What an {@linkcode OutputFolder} has to say of a download. */
export type Entry =
  /** It was asked for before in this run. */
  | { state: "duplicate" }
  /** Its file is there. */
  | { state: "done"; file: string; bytes: number }
  /**
   * It is to be fetched and saved as this file: if it is its own from before, in place of what is left of that; if not,
   * unless the server names it otherwise. If `version` is known, only if it isn't the current one; if it `isThere`, only if that isn't right.
   */
  | { state: "new"; file: string; naming: Naming; isOwn?: boolean; isThere?: boolean; version?: FileVersion };

/** How to open an {@linkcode OutputFolder}. */
export interface OutputFolderOptions {
  /** Only look at it, and create, lock and clear away nothing. Default: false. */
  readOnly?: boolean;
  /** Whether what is there is to be fetched if it has changed. Default: false. */
  update?: boolean;
  /** Whether what is there is to be checked. Default: false. */
  verify?: boolean;
  /** What is in the bucket that files go to; then the folder has only its journal and what isn't whole. Default: they go here. */
  contents?: Contents;
  /** Called with a line of progress if it takes longer than a second. Default: none. */
  say?: (line: string) => void;
  /** Ends the opening before its time: then the folder isn't known, and must not be used. Default: none. */
  signal?: AbortSignal;
}

// The bits of a URL in the table: two for what it is, two for how its file is named, twelve for the size of its file.
const SEEN = 1;
const DONE = 2;
const DISTINCT = 4;
const STORED = 8;
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

/** Milliseconds of reading until other work gets its turn, and until somebody may want to know how far it is. */
const [TURN_MS, TELL_MS] = [50, 1_000];

/** An output folder that is open for this run alone. */
export class OutputFolder implements Disposable {
  readonly #path: string;
  readonly #lock: Deno.FsFile | undefined;
  readonly #names: FileNames;
  readonly #table: UrlTable;
  readonly #stored: RecordIndex;
  /** Absent unless what is there is updated. */
  readonly #versions: RecordIndex | undefined;
  readonly #verify: boolean;
  readonly #contents: Contents | undefined;

  private constructor(
    path: string,
    { readOnly = false, update = false, verify = false, contents }: OutputFolderOptions,
  ) {
    this.#verify = verify;
    this.#contents = contents;
    this.#path = path;
    const state = `${path}/${STATE_FOLDER}`;
    const left = lookAt(state);
    if (!readOnly) this.#lock = lock(path);
    try {
      if (!readOnly) { for (const name of left) if (name.endsWith(".tmp")) Deno.removeSync(`${state}/${name}`); }
      this.#names = new FileNames(path);
      this.#names.claimed.hasStrangers = contents === undefined && hasStrangers(path);
      this.#table = new UrlTable(journalRoom(`${state}/journal`));
      this.#stored = new RecordIndex(`${state}/journal`);
      if (update) this.#versions = new RecordIndex(`${state}/journal`);
    } catch (cause) {
      this.#lock?.close();
      throw new CannotWriteError(`cannot use the folder ${path}`, { cause });
    }
  }

  /**
   * Opens a folder: creates it if it isn't there, locks it, reads its journal, and clears away what a killed run left.
   *
   * @param path The folder.
   * @param options How.
   * @returns The folder.
   * @throws {CannotWriteError} If it can't be created or written, or another run has it open.
   */
  static async open(path: string, options: OutputFolderOptions = {}): Promise<OutputFolder> {
    const folder = new OutputFolder(path, options);
    try {
      await options.contents?.load(`${path}/${STATE_FOLDER}`, folder.names);
      await folder.#readJournal(options);
      return folder;
    } catch (cause) {
      folder[Symbol.dispose]();
      if (cause instanceof CannotWriteError && options.contents) throw cause; // it says which bucket
      throw new CannotWriteError(`cannot use the folder ${path}`, { cause });
    }
  }

  /** The names that are taken; its `shared` goes to the workers. */
  get names(): ClaimedNames {
    return this.#names.claimed;
  }

  /**
   * Enters a download, in the order of the list: whether it is to be fetched, and the name of its file.
   *
   * @param download The download.
   * @param chosen The file that was chosen for it elsewhere, where it was made sure that it is no duplicate: then it may
   * be entered again. Default: none.
   * @returns What is to be done with it.
   */
  enter(download: Download, chosen?: TakenName): Entry {
    const key = downloadKey(download);
    const bits = this.#table.mark(key, SEEN);
    if (bits & SEEN && !chosen) return { state: "duplicate" };
    const plain = download.name === undefined ? nameFromUrl(download.url) : nameFromList(download.name);
    const known = this.#known(bits, plain, key);
    if (known) return known;
    const isAgain = (bits & SEEN) > 0;
    return {
      state: "new",
      ...chosen ? this.#names.takeChosen(chosen, key, { isAgain }) : this.#names.take(plain, key),
    };
  }

  /** Lets others use the folder. */
  [Symbol.dispose](): void {
    this.#stored[Symbol.dispose]();
    this.#versions?.[Symbol.dispose]();
    this.#lock?.close();
  }

  /** What is to be done with a download that the journal knows. */
  #known(bits: number, plain: string, key: string): Entry | undefined {
    if ((bits & DONE) === 0) return undefined;
    const stored = bits & STORED ? this.#stored.find(key) : undefined;
    // A journal from elsewhere might lead anywhere
    if (bits & STORED && (stored === undefined || stored.storedName !== nameFromList(stored.storedName))) {
      return undefined;
    }
    const file = stored?.storedName ?? (bits & DISTINCT ? distinctName(plain, key) : plain);
    const bytes = this.#sizeOf(file);
    if (bytes === "other") return undefined;
    const naming = stored ? "stored" : bits & DISTINCT ? "distinct" : "plain";
    if (stored ? bytes === stored.size : bytes !== undefined && bytes % SIZES === bits >>> SIZE_SHIFT) {
      if (!this.#versions && !this.#verify) return { state: "done", file, bytes: bytes as number };
      const version = this.#versions?.find(key);
      const check = this.#verify ? { isThere: true } : undefined;
      return { state: "new", file, naming, isOwn: true, ...check, ...version && { version: readVersion(version) } };
    }
    return { state: "new", file, naming, isOwn: true };
  }

  async #readJournal({ say, signal }: OutputFolderOptions): Promise<void> {
    const reading = readJournal(`${this.#path}/${STATE_FOLDER}/journal`, ({ key, size, naming, name }, at) => {
      if (naming === "version") return this.#versions?.add(key, at);
      this.#versions?.drop(key); // of what was saved later, the version isn't known
      let bits = DONE | (size % SIZES) << SIZE_SHIFT;
      if (naming === "distinct") bits |= DISTINCT;
      if (naming === "stored") {
        bits |= STORED;
        this.#stored.add(key, at);
      }
      this.#names.claimed.claimFingerprint(name[0], name[1]);
      this.#table.put(key, bits);
    });
    let turnAt = performance.now() + TURN_MS;
    let tellAt = performance.now() + TELL_MS;
    for (const share of reading) {
      const now = performance.now();
      if (now < turnAt) continue;
      if (now >= tellAt) say?.(`looking up what ${this.#path} has: ${Math.floor(share * 100)}% of its journal is read`);
      while (tellAt <= now) tellAt += TELL_MS;
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (signal?.aborted) return;
      turnAt = performance.now() + TURN_MS;
    }
  }

  /** The size of a file, if it is there; `other` if what is there is no file, and so not what was saved. */
  #sizeOf(file: string): number | "other" | undefined {
    if (this.#contents) return this.#contents.sizeOf(file);
    try {
      const { isFile, size } = Deno.lstatSync(`${this.#path}/${file}`);
      return isFile ? size : "other";
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      if (error instanceof Deno.errors.NotADirectory) return "other";
      throw error;
    }
  }
}

/** Bytes of a folder itself from which on it surely has files, where the file system says so: hundreds of names. */
const LARGE_FOLDER = 2 ** 15;

/**
 * Whether a folder has files that may be no run's. Only a small one is listed, because a list of its entries takes 600 bytes
 * each all at once; in a large one each name is looked for.
 */
function hasStrangers(path: string): boolean {
  try {
    if (journalRoom(`${path}/${STATE_FOLDER}/journal`) > 0 || Deno.statSync(path).size >= LARGE_FOLDER) return true;
    return Deno.readDirSync(path).some(({ name }) => name !== STATE_FOLDER);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false; // a folder that is only looked at
    throw error;
  }
}
