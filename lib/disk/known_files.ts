/**
 * What a journal knows of the files of an output folder: which download each is of, what it is called, and how large it is.
 *
 * @module
 */

import type { FileVersion, Naming } from "../core/download.ts";
import type { ClaimedNames } from "./claimed_names.ts";
import type { Contents } from "./destination.ts";
import { distinctName, nameFromList } from "./file_name.ts";
import { readVersion } from "./file_version.ts";
import { journalRoom, readJournal } from "./journal.ts";
import { RecordIndex } from "./record_index.ts";
import type { ShardFolder } from "./shard_folder.ts";
import { UrlTable } from "./url_table.ts";

/** What a journal has to say of a download. */
export interface KnownFile {
  /** Its file. */
  file: string;
  /** How that got its name. */
  naming: Naming;
  /** Its bytes. Absent if it is not there, or not as it was saved: then it is to be fetched again, in place of what is left. */
  bytes?: number;
  /** Its version. Absent if it isn't there, or the journal has none, or none was asked for. */
  version?: FileVersion;
}

// The bits of a download in the table: two for what it is, two for how its file is named, twelve for the size of its file.
const SEEN = 1;
const DONE = 2;
const DISTINCT = 4;
const STORED = 8;
const SIZE_SHIFT = 4;

/** The largest prime of twelve bits: a size is remembered modulo this, so 1 wrong size in 4,093 would pass. */
const SIZES = 4_093;

/** How a {@linkcode KnownFiles} looks. */
export interface KnownFilesOptions {
  /** Whether to look for versions of files, too. Default: false. */
  hasVersions?: boolean;
  /** What is in the bucket that the files are in. Default: they are in the folder. */
  contents?: Contents;
  /** The shards that are looked at in place of files. Default: none. */
  shards?: ShardFolder;
}

/** The files that a journal knows, and which downloads have been seen in this run. */
export class KnownFiles implements Disposable {
  /** The journal's state folder, by its name. */
  readonly state: string;
  readonly #folder: string;
  readonly #journal: string;
  readonly #table: UrlTable;
  readonly #stored: RecordIndex;
  readonly #versions: RecordIndex | undefined;
  readonly #shards: ShardFolder | undefined;
  readonly #contents: Contents | undefined;
  /** Up to where the journal has been read. */
  #end = 0;

  /**
   * Knows of no file yet.
   *
   * @param folder The output folder.
   * @param state The name of the state folder with the journal.
   * @param options How to look for what.
   * @throws What the file system says, if the journal is there but can't be looked at.
   */
  constructor(folder: string, state: string, { hasVersions = false, contents, shards }: KnownFilesOptions = {}) {
    this.#shards = shards;
    this.state = state;
    this.#contents = contents;
    this.#folder = folder;
    this.#journal = `${folder}/${state}/journal`;
    this.#table = new UrlTable(journalRoom(this.#journal));
    this.#stored = new RecordIndex(this.#journal);
    if (hasVersions) this.#versions = new RecordIndex(this.#journal);
  }

  /**
   * Marks that a download was seen in this run.
   *
   * @param key What was asked for.
   * @returns What was known of it, for {@linkcode find}, and whether it was seen before.
   */
  see(key: string): { bits: number; isAgain: boolean } {
    const bits = this.#table.mark(key, SEEN);
    return { bits, isAgain: (bits & SEEN) > 0 };
  }

  /**
   * Looks for the file of a download.
   *
   * @param key What was asked for.
   * @param plain The name that it would have if it were the only one.
   * @param bits What {@linkcode see} said. Default: it is looked up.
   * @returns What there is of it; undefined if the journal doesn't know it.
   */
  find(key: string, plain: string, bits: number = this.#table.get(key)): KnownFile | undefined {
    if ((bits & DONE) === 0) return undefined;
    const stored = bits & STORED ? this.#stored.find(key) : undefined;
    if (this.#shards) return stored && this.#shards.find(stored);
    // A journal from elsewhere might lead anywhere
    if (bits & STORED && (stored === undefined || stored.storedName !== nameFromList(stored.storedName))) {
      return undefined;
    }
    const file = stored?.storedName ?? (bits & DISTINCT ? distinctName(plain, key) : plain);
    const bytes = this.#sizeOf(file);
    if (bytes === "other") return undefined;
    const naming = stored ? "stored" : bits & DISTINCT ? "distinct" : "plain";
    const isThere = stored ? bytes === stored.size : bytes !== undefined && bytes % SIZES === bits >>> SIZE_SHIFT;
    if (!isThere) return { file, naming };
    const version = this.#versions?.find(key);
    return { file, naming, bytes, version: version && readVersion(version) };
  }

  /**
   * Reads on in the journal, from where it was read up to before.
   *
   * @param names Where the names of its files are claimed.
   * @yields The share of the journal that has been read, after every megabyte.
   */
  *readOn(names: ClaimedNames): Generator<number, void> {
    this.#end = yield* readJournal(this.#journal, ({ key, size, naming, name, storedName }, at) => {
      if (naming === "version") return this.#versions?.add(key, at);
      if (this.#shards ? naming !== "shard" || !this.#shards.has(storedName) : naming === "shard") return;
      this.#versions?.drop(key); // of what was saved later, the version isn't known
      let bits = DONE | (size % SIZES) << SIZE_SHIFT;
      if (naming === "distinct") bits |= DISTINCT;
      if (naming === "stored" || naming === "shard") {
        bits |= STORED;
        this.#stored.add(key, at);
      }
      names.claimFingerprint(name[0], name[1]);
      this.#table.put(key, bits);
    }, this.#end);
  }

  /** Closes the journal. */
  [Symbol.dispose](): void {
    this.#stored[Symbol.dispose]();
    this.#versions?.[Symbol.dispose]();
  }

  /** The size of a file, if it is there; `other` if what is there is no file, and so not what was saved. */
  #sizeOf(file: string): number | "other" | undefined {
    if (this.#contents) return this.#contents.sizeOf(file);
    try {
      const { isFile, size } = Deno.lstatSync(`${this.#folder}/${file}`);
      return isFile ? size : "other";
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      if (error instanceof Deno.errors.NotADirectory) return "other";
      throw error;
    }
  }
}
