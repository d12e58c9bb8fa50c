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
import type { Download, Naming } from "../core/download.ts";
import { distinctName, nameFromList, nameFromUrl } from "./file_name.ts";
import { FileNames } from "./final_names.ts";
import { journalRoom, readJournal } from "./journal.ts";
import { StoredNames } from "./stored_names.ts";
import { UrlTable } from "./url_table.ts";

/** The folder within the output folder for everything that isn't whole. */
export const STATE_FOLDER = ".download-stuff";

/** What an {@linkcode OutputFolder} has to say of a download. */
export type Entry =
  /** It was asked for before in this run. */
  | { state: "duplicate" }
  /** Its file is there. */
  | { state: "done"; file: string; bytes: number }
  /**
   * It is to be fetched and saved as this file: if it is its own from before, in place of what is left of that; if not,
   * unless the server names it otherwise.
   */
  | { state: "new"; file: string; naming: Naming; isOwn?: boolean };

/** How to open an {@linkcode OutputFolder}. */
export interface OutputFolderOptions {
  /** Only look at it, and create, lock and clear away nothing. Default: false. */
  readOnly?: boolean;
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
  readonly #stored: StoredNames;

  private constructor(path: string, { readOnly = false }: OutputFolderOptions) {
    this.#path = path;
    const state = `${path}/${STATE_FOLDER}`;
    const left = lookAt(state);
    if (!readOnly) this.#lock = lock(path);
    try {
      if (!readOnly) { for (const name of left) if (name.endsWith(".tmp")) Deno.removeSync(`${state}/${name}`); }
      this.#names = new FileNames(path);
      this.#names.claimed.hasStrangers = hasStrangers(path);
      this.#table = new UrlTable(journalRoom(`${state}/journal`));
      this.#stored = new StoredNames(`${state}/journal`);
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
      await folder.#readJournal(options);
      return folder;
    } catch (cause) {
      folder[Symbol.dispose]();
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
   * @returns What is to be done with it.
   */
  enter(download: Download): Entry {
    const key = downloadKey(download);
    const bits = this.#table.mark(key, SEEN);
    if (bits & SEEN) return { state: "duplicate" };
    const plain = download.name === undefined ? nameFromUrl(download.url) : nameFromList(download.name);
    return this.#known(bits, plain, key) ?? { state: "new", ...this.#names.take(plain, key) };
  }

  /** Lets others use the folder. */
  [Symbol.dispose](): void {
    this.#stored[Symbol.dispose]();
    this.#lock?.close();
  }

  /** What is to be done with a download that the journal knows. */
  #known(bits: number, plain: string, key: string): Entry | undefined {
    if ((bits & DONE) === 0) return undefined;
    const stored = bits & STORED ? this.#stored.find(key) : undefined;
    // A journal from elsewhere might lead anywhere
    if (bits & STORED && (stored === undefined || stored.file !== nameFromList(stored.file))) return undefined;
    const file = stored?.file ?? (bits & DISTINCT ? distinctName(plain, key) : plain);
    const bytes = this.#sizeOf(file);
    if (bytes === "other") return undefined;
    if (stored ? bytes === stored.size : bytes !== undefined && bytes % SIZES === bits >>> SIZE_SHIFT) {
      return { state: "done", file, bytes: bytes as number };
    }
    return { state: "new", file, naming: stored ? "stored" : bits & DISTINCT ? "distinct" : "plain", isOwn: true };
  }

  async #readJournal({ say, signal }: OutputFolderOptions): Promise<void> {
    const reading = readJournal(`${this.#path}/${STATE_FOLDER}/journal`, ({ key, size, naming, name }, at) => {
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

/** What a run leaves in its state folder. */
const OURS = /^(?:lock|journal)$|\.(?:tmp|part|json)$/;

/**
 * Looks at the state folder, if it is there. A link in it would lead what is written to elsewhere.
 *
 * @returns The names in it.
 */
function lookAt(state: string): string[] {
  const refuse = (path: string, { isSymlink }: { isSymlink: boolean }) => {
    const what = isSymlink ? "is a symbolic link, which is not followed" : "is not what a run has put there";
    throw new CannotWriteError(`cannot use ${path}: it ${what}; remove it, or use another folder`);
  };
  try {
    const found = Deno.lstatSync(state);
    if (!found.isDirectory) refuse(state, found);
    const entries = [...Deno.readDirSync(state)];
    for (const entry of entries) if (!entry.isFile && OURS.test(entry.name)) refuse(`${state}/${entry.name}`, entry);
    return entries.map(({ name }) => name);
  } catch (cause) {
    // A folder that isn't there is created later, and what can't hold one is reported then
    if (cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory) return [];
    if (cause instanceof CannotWriteError) throw cause;
    throw new CannotWriteError(`cannot use the folder ${state}`, { cause });
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
