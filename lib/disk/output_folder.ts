/**
 * The folder that downloads are saved in: what it has, what each new file is called, and that no other run is at it.
 *
 * Everything that is not yet whole, and the journal, is in its `.download-stuff/`; so everything else in it is whole. Where
 * machines of one run share the folder, each has such a state folder of its own, and all journals are believed alike.
 *
 * Names are given out in the order of the list, before anything is fetched: the first URL of a name gets the plain one,
 * every later one a name with an ending that depends on its URL alone. So the same list gives the same names whatever
 * order its downloads end in, and a URL that the journal knows keeps its name in any other list. A file that was in the
 * folder before and that the journal doesn't know is never written over.
 *
 * @module
 */

import type { Download, FileVersion, Job, Naming } from "../core/download.ts";
import { CannotWriteError } from "../core/errors.ts";
import type { SharedShards } from "../core/shards.ts";
import type { ClaimedNames } from "./claimed_names.ts";
import type { Contents } from "./destination.ts";
import { nameFromList, nameFromUrl } from "./file_name.ts";
import { FileNames, type TakenName } from "./final_names.ts";
import { journalRoom } from "./journal.ts";
import { type KnownFile, KnownFiles } from "./known_files.ts";
import type { Sending } from "./send_shard.ts";
import type { ShardFolder, ShardOptions } from "./shard_folder.ts";
import {
  clearTemporary,
  type HeldState,
  isStateFolder,
  lockAlone,
  lockShared,
  STATE_FOLDER,
  stateFolders,
} from "./state_folder.ts";

/** What an {@linkcode OutputFolder} has to say of a download. */
export type Entry =
  /** It was asked for before in this run. */
  | { state: "duplicate" }
  /** Its file is there, or is in the shard of that name. */
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
  /** The run whose machines may have it open at the same time, told from all others. Default: this process has it alone. */
  run?: string;
  /** Whether what is there is to be fetched if it has changed. Default: false. */
  update?: boolean;
  /** Whether what is there is to be checked. Default: false. */
  verify?: boolean;
  /** What shards files are to be in. Then what is there as a file of its own doesn't count. Default: they are in none. */
  shards?: ShardOptions;
  /** What is in the bucket that files go to; the folder has its journals and what isn't whole. Default: they go here. */
  contents?: Contents;
  /** Called with a line of progress if it takes longer than a second. Default: none. */
  say?: (line: string) => void;
  /** Ends the opening before its time: then the folder isn't known, and must not be used. Default: none. */
  signal?: AbortSignal;
}

/**
 * What makes two downloads the same: the URL without its fragment, which isn't sent, and the name if the list gives one,
 * because whoever gives two names wants two files. Of several URLs, the first.
 */
export function downloadKey({ url: asked, original: url = asked, name }: Download & Pick<Job, "original">): string {
  const hash = url.indexOf("#");
  const sent = hash < 0 ? url : url.slice(0, hash);
  return name === undefined ? sent : `${sent}\n${name}`;
}

/** Milliseconds of reading until other work gets its turn, and until somebody may want to know how far it is. */
const [TURN_MS, TELL_MS] = [50, 1_000];

/** Downloads after which the journals of other machines are read on, so that no reading takes long. */
const READ_ON_AFTER = 4_096;

/** An output folder that is open for this run alone, or for machines of one run. */
export class OutputFolder implements Disposable {
  readonly #path: string;
  readonly #held: HeldState | undefined;
  readonly #names: FileNames;
  readonly #own: KnownFiles;
  /** What the other journals know, if there are any. */
  readonly #others: KnownFiles[] = [];
  readonly #update: boolean;
  readonly #verify: boolean;
  readonly #contents: Contents | undefined;
  /** The state folders that are this process's alone. */
  readonly #mine: readonly string[];
  /** Absent unless files are to be in shards. */
  readonly #shards: ShardFolder | undefined;
  #sharedShards: SharedShards | undefined;
  #untilReadOn = READ_ON_AFTER;

  private constructor(path: string, options: OutputFolderOptions, openShards?: () => ShardFolder) {
    const { readOnly = false, run, update = false, verify = false, contents } = options;
    this.#contents = contents;
    this.#update = update;
    this.#verify = verify;
    this.#path = path;
    const before = stateFolders(path);
    if (!readOnly) this.#held = run === undefined ? lockAlone(path) : lockShared(path, run);
    try {
      const all = readOnly ? before : stateFolders(path);
      const own = this.state;
      // Who is alone is so in all of them
      this.#mine = readOnly ? [] : run === undefined ? all : [own];
      for (const state of this.#mine) clearTemporary(`${path}/${state}`);
      this.#names = new FileNames(path);
      if (openShards) this.#shards = openShards();
      else this.#names.claimed.hasStrangers = contents === undefined && hasStrangers(path, all);
      this.#own = this.#knownBy(own);
      for (const state of all) if (state !== own) this.#others.push(this.#knownBy(state));
    } catch (cause) {
      this.#held?.[Symbol.dispose]();
      throw new CannotWriteError(`cannot use the folder ${path}`, { cause });
    }
  }

  /**
   * Opens a folder: creates it if it isn't there, locks it, reads its journals, and clears away what a killed run left.
   *
   * @param path The folder.
   * @param options How.
   * @returns The folder.
   * @throws {CannotWriteError} If it can't be created or written, or another run has it open.
   */
  static async open(path: string, options: OutputFolderOptions = {}): Promise<OutputFolder> {
    const { shards, readOnly = false } = options;
    // Imported only here, because most runs have none
    const module = shards && await import("./shard_folder.ts");
    const folder = new OutputFolder(
      path,
      options,
      module && (() => new module.ShardFolder(path, shards, options.contents)),
    );
    try {
      await folder.#loadContents();
      const isRead = await folder.#readJournals(options);
      if (isRead && !readOnly) folder.#sharedShards = folder.#shards?.open();
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

  /** What isolates share to write shards; undefined if they write none. */
  get shards(): SharedShards | undefined {
    return this.#sharedShards;
  }

  /**
   * Gives all shards their names, once nobody writes any more.
   *
   * @param sending Where they go then. Default: they stay in the folder.
   * @throws {CannotWriteError} If that can't be done.
   */
  async finishShards(sending?: Sending): Promise<void> {
    if (this.#sharedShards) await this.#shards?.finish(sending);
  }

  /** The name of the state folder that is this process's own. */
  get state(): string {
    return this.#held?.name ?? STATE_FOLDER;
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
    if (chosen && --this.#untilReadOn === 0) this.lookAgain();
    const key = downloadKey(download);
    const { bits, isAgain } = this.#own.see(key);
    if (isAgain && !chosen) return { state: "duplicate" };
    const plain = download.name === undefined ? nameFromUrl(download.url) : nameFromList(download.name);
    const own = this.#own.find(key, plain, bits);
    const known = this.#others.length === 0 ? own : this.#knownToAny(own, key, plain);
    if (known) return this.#entryOf(known);
    if (this.#shards) return { state: "new", ...this.#shards.take(this.#names, plain, key) };
    return {
      state: "new",
      ...chosen ? this.#names.takeChosen(chosen, key, { isAgain }) : this.#names.take(plain, key),
    };
  }

  /**
   * Reads what other machines have recorded since they were last looked at: before a download is entered that one of them
   * may have saved. A record is written before its file has its name, so of each file that is there, its record is read.
   *
   * @throws {CannotWriteError} If a state folder isn't what a machine has put there.
   */
  lookAgain(): void {
    this.#untilReadOn = READ_ON_AFTER;
    const known = new Set([this.state, ...this.#others.map(({ state }) => state)]);
    for (const state of stateFolders(this.#path)) {
      if (!known.has(state)) this.#others.push(this.#knownBy(state));
    }
    if (this.#others.length > 0) this.#names.claimed.hasStrangers = this.#contents === undefined;
    for (const other of this.#others) for (const _ of other.readOn(this.names));
  }

  /** Lets others use the folder. */
  [Symbol.dispose](): void {
    for (const known of [this.#own, ...this.#others]) known[Symbol.dispose]();
    this.#held?.[Symbol.dispose]();
  }

  #knownBy(state: string): KnownFiles {
    return new KnownFiles(this.#path, state, {
      hasVersions: this.#update,
      contents: this.#contents,
      shards: this.#shards,
    });
  }

  async #loadContents(): Promise<void> {
    const pathOf = (state: string) => `${this.#path}/${state}`;
    const all = [this.#own, ...this.#others].map(({ state }) => pathOf(state));
    const shards = this.#shards;
    await this.#contents?.load(
      { all, mine: this.#mine.map(pathOf) },
      this.names,
      shards && ((file) => shards.skipNumber(file)),
    );
  }

  /** What is to be done with a download that a journal knows. */
  #entryOf({ file, naming, bytes, version }: KnownFile): Entry {
    if (bytes !== undefined && !this.#update && !this.#verify) return { state: "done", file, bytes };
    const entry: Entry = { state: "new", file, naming, isOwn: true };
    if (bytes === undefined) return entry;
    return { ...entry, ...this.#verify && { isThere: true }, ...version && { version } };
  }

  /** What a machine recorded whose file never got its name says less than what the one that came after it recorded. */
  #knownToAny(own: KnownFile | undefined, key: string, plain: string): KnownFile | undefined {
    let known = own;
    for (const other of this.#others) {
      if (known?.bytes !== undefined) break;
      const found = other.find(key, plain);
      if (known === undefined || found?.bytes !== undefined) known = found;
    }
    return known;
  }

  /** Reads what there is, and says whether that was all of it. */
  async #readJournals({ say, signal }: OutputFolderOptions): Promise<boolean> {
    let turnAt = performance.now() + TURN_MS;
    let tellAt = performance.now() + TELL_MS;
    const all = [this.#own, ...this.#others];
    for (const [nth, known] of all.entries()) {
      for (const share of known.readOn(this.names)) {
        const now = performance.now();
        if (now < turnAt) continue;
        const percent = Math.floor((nth + share) / all.length * 100);
        if (now >= tellAt) say?.(`looking up what ${this.#path} has: ${percent}% of its journal is read`);
        while (tellAt <= now) tellAt += TELL_MS;
        await new Promise((resolve) => setTimeout(resolve, 0));
        if (signal?.aborted) return false;
        turnAt = performance.now() + TURN_MS;
      }
    }
    return true;
  }
}

/** Bytes of a folder itself from which on it surely has files, where the file system says so: hundreds of names. */
const LARGE_FOLDER = 2 ** 15;

/**
 * Whether a folder has files that may be no run's, or another machine's. Only a small one is listed, because a list of its
 * entries takes 600 bytes each all at once; in a large one each name is looked for.
 */
function hasStrangers(path: string, states: string[]): boolean {
  if (states.length > 1) return true;
  try {
    if (journalRoom(`${path}/${STATE_FOLDER}/journal`) > 0 || Deno.statSync(path).size >= LARGE_FOLDER) return true;
    return Deno.readDirSync(path).some(({ name }) => !isStateFolder(name));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false; // a folder that is only looked at
    throw error;
  }
}
